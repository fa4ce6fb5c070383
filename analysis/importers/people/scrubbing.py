"""Takes names out of texts, and addresses, numbers and wallets: each becomes a pseudonym or a placeholder."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from runpy import run_path
from typing import NamedTuple

import polars as pl

from windtunnel.analysis.importers.text.common_words import is_first_name, is_word
from windtunnel.analysis.importers.text.plain_words import plain_words

STRANGER = "<name>"
"""Stands for a name that belongs to nobody in the record, or to more than one."""

_ADDRESSES = (
    ("<url>", re.compile(r"(?:\b(?:https?|ftp|at)://|\bwww\.)[^\s<>\"')\]]+", re.IGNORECASE)),
    ("<email>", re.compile(r"(?<![\w.+@-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")),
)
_NUMBERS = (
    (
        "<ip>",
        re.compile(
            r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\.?\d)|(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}:?"
            r"[0-9a-f]{1,4}(?![\w:])",
            re.IGNORECASE,
        ),
    ),
    ("<wallet>", re.compile(r"\b(?:0x[0-9a-fA-F]{40}|bc1[0-9a-z]{25,60}|[13][1-9A-HJ-NP-Za-km-z]{25,34})\b")),
    (
        "<phone>",
        re.compile(
            r"(?<![\w.,/-])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,4}\)[ .-]?|\d{2,4}[ .-])\d{3,4}[ .-]\d{3,4}"
            r"(?![\w-])|(?<!\w)\+\d{9,14}(?!\w)"
        ),
    ),
)
_ADDRESSED = r"\A\s*(?P<addressed>[^\s:,<>@/]{1,40})(?=[:,]\s)"  # Ann: or Ann, at the very start
_NAMES = re.compile(
    _ADDRESSED + r"|(?P<did>@?\bdid:[a-z]+:[\w.:%-]*\w)"  # an account of Bluesky
    r"|(?<![\w/])(?P<call>@|/?u/)(?P<called>\w[\w.-]*)(?P<host>@[\w-]+(?:\.[\w-]+)+)?"  # @Ann, u/Ann, @Ann@host
    r"|(?<![\w@<])(?P<token>\w(?:[\w.-]*\w)?)(?![\w>])(?!['’][tT](?!\w))"  # the don of don't is nobody
)
_ADDRESSED_ALONE = re.compile(_ADDRESSED)
_PART = re.compile(r"\w+")
_TOKEN = re.compile(r"\w(?:[\w.-]*\w)?")
_DIGIT = re.compile(r"\d")
_PRIVATE = re.compile(r"[\ue000-\uf8ff]")


class Marks(NamedTuple):
    """What each name becomes: `tokens` by casefolded single word; `phrases`, names of several words or with
    unusual signs, by their longest word; `needles`, words of which a text must hold one to hold a name."""

    tokens: Mapping[str, str]
    phrases: Mapping[str, tuple[tuple[re.Pattern[str], str], ...]]
    needles: frozenset[str]

    def without_pseudonyms(self) -> "Marks":
        """The same names, each of which becomes `STRANGER`."""
        phrases = {
            needle: tuple((pattern, STRANGER) for pattern, _ in named)
            for needle, named in self.phrases.items()
        }
        return Marks(dict.fromkeys(self.tokens, STRANGER), phrases, self.needles)


def marks_of(ids: Mapping[str, str]) -> Marks:
    """From casefolded names and their pseudonyms."""
    stop = _stop_words()
    phrases: dict[str, tuple[tuple[re.Pattern[str], str], ...]] = {}
    needles = set()
    for name, mark in ids.items():
        parts = _PART.findall(name)
        needle = max((part for part in parts), key=len, default="")
        if _TOKEN.fullmatch(name):
            if len(name) >= 3 and name not in stop and not is_word(name):
                needles.add(needle)
        elif not name.startswith("did:") and any(len(part) >= 3 and part not in stop for part in parts):
            pattern = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
            phrases[needle] = (*phrases.get(needle, ()), (pattern, mark))
            needles.add(needle)
    return Marks(ids, phrases, frozenset(needles))


def scrubbed(texts: Iterable[str], marks: Marks) -> list[str]:
    """Each text as `scrub` leaves it; those that hold nothing to take out are told apart fast."""
    texts = list(texts)
    holding = _holding(texts, marks)
    return [_quick(text, marks, held) for text, held in zip(texts, holding, strict=True)]


def _holding(texts: list[str], marks: Marks) -> list[bool]:
    """Whether a text holds a word that a name has; those of texts in ASCII are found all at once."""
    words = plain_words(texts)
    named = [word for word in words["word"].unique() if word in marks.needles]
    rows = set(words.filter(pl.col("word").is_in(named))["row"].unique())
    return [
        row in rows if text.isascii() else not marks.needles.isdisjoint(_PART.findall(text.casefold()))
        for row, text in enumerate(texts)
    ]


def _quick(text: str, marks: Marks, held: bool) -> str:
    if held or "@" in text or "u/" in text or "://" in text or "did:" in text or "www." in text.casefold():
        return _scrub(text, marks)
    addressed = _ADDRESSED_ALONE.match(text)
    if addressed and addressed["addressed"].casefold() in marks.tokens:
        return _scrub(text, marks)
    return _without_numbers(text)


def scrub(text: str, ids: Mapping[str, str]) -> str:
    """`text` with addresses and numbers as `<url>`, `<email>`, `<ip>`, `<wallet>`, `<phone>`, and every
    known name as its pseudonym; an @name not in `ids` (casefolded name to pseudonym) becomes `<name>`.

    >>> scrub("@Ann: see http://x.org says Bob42", {"ann": "u00001", "bob42": "u00002"})
    '@u00001: see <url> says u00002'
    """
    return _scrub(text, marks_of(ids))


def _without_numbers(text: str) -> str:
    if _DIGIT.search(text) or text.count(":") > 2:
        for placeholder, pattern in _NUMBERS:
            text = pattern.sub(placeholder, text)
    return text


def _scrub(text: str, marks: Marks) -> str:
    for placeholder, pattern in _ADDRESSES:
        text = pattern.sub(placeholder, text)
    text, set_aside = _set_phrases_aside(_without_numbers(text), marks)
    ids, stop = marks.tokens, _stop_words()

    def token(word: str, within: re.Match[str] | None) -> str:
        low = word.casefold()
        found = ids.get(low) if len(word) >= 3 else None
        if found is None or low in stop or is_word(low):
            return word
        return word if is_first_name(low) and not (within and _is_capital_inside(within)) else found

    def named(match: re.Match[str]) -> str:
        if match.lastgroup == "token":
            whole = match[0]
            if whole.casefold() not in ids and whole.isalnum():
                return whole
            mark = token(whole, match)
            if mark != whole or whole.isalnum():
                return mark
            return _PART.sub(lambda part: token(part[0], match), whole)
        if match["addressed"]:  # with a colon a name even if it is an ordinary word
            whole = match["addressed"]
            colon = match.string[match.end() : match.end() + 1] == ":"
            found = ids.get(whole.casefold()) if colon or not is_word(whole.casefold()) else None
            return match[0].replace(whole, found or _PART.sub(lambda part: token(part[0], None), whole))
        if match["did"]:
            name = match["did"].removeprefix("@")
            return "@" * (name != match["did"]) + ids.get(name.casefold(), STRANGER)
        name = match["called"].rstrip(".-")
        if match["host"]:
            return match["call"] + ids.get(f"{match['called']}{match['host']}".casefold(), STRANGER)
        return match["call"] + ids.get(name.casefold(), STRANGER) + match["called"][len(name) :]

    # One pass: a second would take a fresh pseudonym for a name where a record's names look like pseudonyms.
    text = _NAMES.sub(named, text)
    return _PRIVATE.sub(lambda sign: set_aside[ord(sign[0]) - 0xE000], text) if set_aside else text


def _set_phrases_aside(text: str, marks: Marks) -> tuple[str, list[str]]:
    """The text with a sign for private use where a name of several words stood, and what the signs stand for."""
    found = marks.phrases.keys() & set(_PART.findall(text.casefold())) if marks.phrases else set()
    if not found:
        return text, []
    text, kept = _PRIVATE.sub("", text), list[str]()
    for needle in sorted(found):
        for pattern, mark in marks.phrases[needle]:
            if pattern.search(text) and len(kept) < 6000:
                text = pattern.sub(chr(0xE000 + len(kept)), text)
                kept.append(mark)
    return text, kept


def _is_capital_inside(found: re.Match[str]) -> bool:
    """Whether a word has a capital letter that no sentence begins with, as names have."""
    before = found.string[: found.start()].rstrip(" \t\"'(*_")
    return found[0][:1].isupper() and bool(before) and before[-1] not in ".!?:;…\n>-–—"


def common_names(ids: Iterable[str]) -> int:
    """How many of these casefolded names are common words, which stay in texts unless somebody is addressed."""
    return sum(1 for name in ids if len(name) >= 3 and (is_word(name) or is_first_name(name)))


@cache
def _stop_words() -> frozenset[str]:
    """Words that stay even if somebody bears them as a name: English function words and a forum's own."""
    return _function_words() | _FORUM_WORDS


def _function_words() -> frozenset[str]:
    """scikit-learn's English function words, from their own file: loading the package takes a second."""
    (place,) = find_spec("sklearn").submodule_search_locations  # type: ignore[union-attr, misc]
    path = Path(place) / "feature_extraction" / "_stop_words.py"
    if path.is_file():
        return frozenset(run_path(str(path))["ENGLISH_STOP_WORDS"])
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS)


_FORUM_WORDS = frozenset(
    (
        "user",
        "users",
        "people",
        "person",
        "post",
        "posts",
        "question",
        "questions",
        "answer",
        "answers",
        "comment",
        "comments",
        "thread",
        "reply",
        "mod",
        "moderator",
        "admin",
        "site",
        "forum",
        "good",
        "bad",
        "yes",
        "thanks",
        "thank",
        "please",
        "know",
        "think",
        "like",
        "time",
        "way",
        "thing",
        "things",
        "want",
        "need",
        "really",
        "right",
        "wrong",
        "just",
        "make",
        "use",
        "said",
        "say",
        "read",
        "work",
        "help",
        "new",
        "old",
    )
)
