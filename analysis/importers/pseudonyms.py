"""Names made unrecognisable: a keyed hash for authors, and names, addresses and numbers taken out of texts.

This is pseudonymisation, not anonymisation: who holds the original record can match threads by their shape.
"""

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import polars as pl

DEFAULT_KEY_FILE = Path(".windtunnel") / "pseudonym.key"

BOTS = frozenset({"automoderator", "community", "system"})
"""Authors that are machines on the platforms read here (Reddit, Stack Exchange, Discourse), casefolded."""
_BOT_ENDING = re.compile(r"(?:[-_ ]bot|[a-z0-9]Bot|\[bot\])$")


def read_key(path: Path) -> bytes:
    """The secret in `path`, made at random when there is none yet; only its owner can read the new file.

    In its usual folder a file tells git to leave the folder alone.
    Deleting the file makes the pseudonyms irreversible. Raises `ValueError` where the file holds no key.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent.name == DEFAULT_KEY_FILE.parent.name:
            (path.parent / ".gitignore").write_text("*\n", encoding="utf-8")
        partial = path.with_name(f"{path.name}.{secrets.token_hex(8)}.partial")
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
        try:
            os.link(partial, path)  # unlike a rename, this never replaces a key that somebody just wrote
        except FileExistsError:
            pass
        finally:
            partial.unlink()
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ValueError(
            f"{path} holds no pseudonym key (64 hexadecimal digits): restore it from a copy, or "
            "delete it and a new one is made, under which authors get other pseudonyms"
        )
    return bytes.fromhex(text)


def author_key(name: str, secret: bytes) -> str:
    """HMAC-SHA256 of the name without outer blanks and case, in hexadecimal."""
    return hmac.new(secret, _folded(name).encode(), hashlib.sha256).hexdigest()


def pseudonyms(names: Iterable[str], secret: bytes) -> dict[str, str]:
    """For each casefolded name its pseudonym `u00042`: its rank, from 1, among the keys of this record.

    The same names under the same secret get the same pseudonyms; a record that has grown is numbered anew.

    >>> sorted(pseudonyms(["Ann", " ann ", "Bo"], b"k").values())
    ['u00001', 'u00002']
    """
    ordered = sorted({_folded(name) for name in names}, key=lambda name: author_key(name, secret))
    width = max(5, len(str(len(ordered))))
    return {name: f"u{rank:0{width}d}" for rank, name in enumerate(ordered, 1)}


def _folded(name: str) -> str:
    return name.strip().casefold()


def is_bot(name: str) -> bool:
    """Whether a name is a machine's: in `BOTS`, or ending in -bot, _bot, Bot or [bot] (not Abbot)."""
    return _folded(name) in BOTS or _BOT_ENDING.search(name.strip()) is not None


def pseudonymise(posts: pl.DataFrame, secret: bytes) -> pl.DataFrame:
    """`posts` with pseudonyms for authors, a `role` (member, moderator, bot), and texts without names.

    A bot's author becomes null: it is nobody's words, and would count as the busiest member.
    """
    names = posts["author"].drop_nulls().unique().to_list()
    bots = {name for name in names if is_bot(name)}
    ids = pseudonyms((name for name in names if name not in bots), secret)
    known = {name: ids.get(_folded(name)) for name in names}
    role = (
        pl.when(pl.col("author").is_in(list(bots)))
        .then(pl.lit("bot"))
        .when(pl.col("moderator"))
        .then(pl.lit("moderator"))
        .otherwise(pl.lit("member"))
    )
    posts = (
        posts.with_columns(role=role)
        .with_columns(author=pl.col("author").replace_strict(known, return_dtype=pl.String, default=None))
        .drop("moderator")
    )
    texts = [None if text is None else scrub(text, ids) for text in posts["text"]]
    return posts.with_columns(text=pl.Series(texts, dtype=pl.String))


_ADDRESSES = (
    ("<url>", re.compile(r"(?:\b(?:https?|ftp)://|\bwww\.)[^\s<>\"')\]]+", re.IGNORECASE)),
    ("<email>", re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")),
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
_NAMES = re.compile(
    r"\A\s*(?P<addressed>[^\s:,<>@/]{1,40})(?=[:,]\s)"  # Ann: or Ann, at the very start
    r"|(?<![\w@/])(?P<call>@|/?u/)(?P<called>\w[\w.-]*)"  # @Ann, u/Ann, /u/Ann
    r"|(?<![\w@<])(?P<token>\w(?:[\w.-]*\w)?)(?![\w>])"
)
_PART = re.compile(r"\w+")


def scrub(text: str, ids: Mapping[str, str]) -> str:
    """`text` with addresses and numbers as `<url>`, `<email>`, `<ip>`, `<wallet>`, `<phone>`, and every
    known name as its pseudonym; an @name not in `ids` (casefolded name to pseudonym) becomes `<name>`.

    >>> scrub("@Ann: see http://x.org says Bob42", {"ann": "u00001", "bob42": "u00002"})
    '@u00001: see <url> says u00002'
    """
    for placeholder, pattern in _ADDRESSES:
        text = pattern.sub(placeholder, text)
    stop = _stop_words()

    def token(word: str) -> str:
        folded = word.casefold()
        return ids.get(folded, word) if len(word) >= 3 and folded not in stop else word

    def named(match: re.Match[str]) -> str:
        if match["addressed"]:  # a name even if it is an ordinary word
            found = ids.get(match["addressed"].casefold())
            return match[0].replace(
                match["addressed"], found or _PART.sub(lambda part: token(part[0]), match["addressed"])
            )
        if match["call"]:
            name = match["called"].rstrip(".-")
            return match["call"] + ids.get(name.casefold(), "<name>") + match["called"][len(name) :]
        whole = token(match["token"])
        return whole if whole != match["token"] else _PART.sub(lambda part: token(part[0]), whole)

    # One pass: a second would take a fresh pseudonym for a name where a record's names look like pseudonyms.
    return _NAMES.sub(named, text)


@cache
def _stop_words() -> frozenset[str]:
    """Words that stay even if somebody bears them as a name: English function words and a forum's own."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return ENGLISH_STOP_WORDS | _FORUM_WORDS


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
