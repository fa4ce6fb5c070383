"""The words of a post that are its author's own: without quotes, code, addresses, markup and names of who is addressed."""

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import yaml

MAX_CHARACTERS = 20_000
"""What is cut off before anything is looked at: a pasted log, never a post."""

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)
_FENCE = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1|\Z)", re.S | re.M)
_INDENTED = re.compile(r"(?:\A|\n[ \t]*\n)(?:(?: {4}|\t).*(?:\n|\Z))+")
_CODE = re.compile(r"<(pre|code)\b.*?(?:</\1>|\Z)|`[^`\n]+`", re.S | re.I)
_QUOTE = re.compile(
    r"<blockquote\b.*?(?:</blockquote>|\Z)|\[quote\b.*?(?:\[/quote\]|\Z)|^[ \t]*(?:>|&gt;)[^\n]*$",
    re.S | re.M | re.I,
)
_IMAGE = re.compile(r"!\[[^\]\n]*\]\([^)\n]*\)")
_LINK = re.compile(r"\[([^\]\n]*)\]\([^)\n]*\)")
_ADDRESS = re.compile(r"(?:https?://|ftp://|www\.)[^\s<>]+|\S+@\S+\.\w+|<(?:url|email|ip|phone)>", re.I)
_TAG = re.compile(r"</?[a-z][^<>\n]{0,200}>", re.I)
_MENTION = re.compile(r"(?<!\w)@[\w-]+:?|(?<!\w)/?u/[\w-]+")
_CITED = re.compile(r"[\"“„«](?=[^\"“”„«»\n]*\s[^\"“”„«»\n]*\s)[^\"“”„«»\n]{5,300}[\"”“»]")
_WORD = re.compile(r"[^\W\d_][\w-]*")
_FROM = re.compile(
    r"\b((?:(?i:i am|i'm|we are|we're|she is|she's|he is|he's|they are|they're|people|folks?|family|families|friends?|cousins?|parents|in-laws|"
    r"neighbou?rs?|nurses?|students?|couple|boys|girls|moved here|come|comes|came here) from|(?i:born|raised|grew up) (?:in|from)) )"
    r"[A-Z]\w+(?:(?:, and |, | and | or )[A-Z]\w+)*"
)
"""A person, or people, and the place that they are from."""
_MARKS = frozenset('"“„«')
_SIGNS = ("<", ">", "&", "[", "`", "```", "~~~", "    ", "\t", "](", "://", "@", "u/", *_MARKS)
"""A text without any of these, and without www., holds nothing that is not its author's own."""
_SPACE = re.compile(r"[ \t]+")


class OwnWords(NamedTuple):
    """A post's own words, and what of its characters was quoted and code (shares in 0..1), its links and mentions."""

    text: str
    quoted: float
    code: float
    links: int
    mentions: int


def own_words(text: str) -> OwnWords:
    """What its author wrote, in one piece; three or more words between quotation marks are somebody else's.

    >>> own_words("> you fool\\nPlease do not call people `fool`, see https://a.example").text
    'Please do not call people , see'
    """
    text = text[:MAX_CHARACTERS]
    size = max(len(text), 1)
    signs = {sign for sign in _SIGNS if sign in text}
    website = "www." in text.lower()
    if not signs and not website:
        return OwnWords(_SPACE.sub(" ", text).strip(), 0.0, 0.0, 0, 0)
    tags = "<" in signs
    bare = _COMMENT.sub(" ", text) if tags else text
    without = _FENCE.sub(" ", bare) if signs & {"```", "~~~"} else bare
    without = _INDENTED.sub("\n", without) if signs & {"    ", "\t"} else without
    without = _CODE.sub(" ", without) if signs & {"<", "`"} else without
    code = len(bare) - len(without)
    said = _QUOTE.sub(" ", without) if signs & {"<", ">", "&", "["} else without
    quoted = len(without) - len(said)
    if "](" in signs:
        said = _LINK.sub(r"\1", _IMAGE.sub(" ", said))
    links = mentions = 0
    if signs & {"://", "@", "<"} or website:
        said, links = _ADDRESS.subn(" ", said)
    said = _TAG.sub(" ", said) if tags else said
    if signs & {"@", "u/"}:
        said, mentions = _MENTION.subn(" @someone ", said)
    said = _CITED.sub(" ", said) if signs & _MARKS else said
    return OwnWords(_SPACE.sub(" ", said).strip(), quoted / size, code / size, links, mentions)


@cache
def identity_words() -> frozenset[str]:
    """Lower-case words for who somebody is (`identity.yaml`)."""
    return frozenset(_identity()["people"].split())


@cache
def _identity() -> dict[str, Any]:
    return dict(yaml.safe_load(files(__package__).joinpath("identity.yaml").read_text("utf-8")))


@cache
def _phrases() -> list[tuple[str, re.Pattern[str]]]:
    return [(each, re.compile(rf"\b{re.escape(each)}\b", re.I)) for each in _identity()["phrases"]]


def without_identity(text: str) -> str:
    """The text with each word for who somebody is read as "person", and each place that people are said to be from.

    >>> without_identity("My two mums are Jewish"), without_identity("I'm from Lima, she is hard of hearing")
    ('My two person are person', "I'm from person, she is person")
    """
    listed = identity_words()
    low = text.lower()
    for phrase, pattern in _phrases():
        if phrase in low:
            text = pattern.sub("person", text)
    if "from " in low or "born " in low or "raised " in low:
        text = _FROM.sub(r"\1person", text)
    return _WORD.sub(lambda found: "person" if found[0].lower() in listed else found[0], text)


def all_own_words(texts: Iterable[str]) -> list[OwnWords]:
    """`own_words` of each text."""
    return [own_words(text) for text in texts]
