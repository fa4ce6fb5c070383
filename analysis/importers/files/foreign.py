"""Knows by their first bytes files that hold no record as they are, and says what would make them one."""

import re
from pathlib import Path

HEAD = 512
"""Bytes that are looked at."""

_UNPACK = (
    "unpack it into a folder of its own and import that (.gz, .bz2, .xz and .zst files are read as they are)"
)
_SAVE = "save the sheet that has the posts as CSV and import that"
_OFFICE = (
    b"[Content_Types].xml",
    b"_rels/.rels",
    b"xl/",
    b"docProps/",
    b"application/vnd.oasis.opendocument",
)
_STARTS = (
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!", "a rar archive", _UNPACK),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Office file", _SAVE),
    (b"SQLite format 3\0", "an SQLite database", "write the table that has the posts as CSV and import that"),
    (b"%PDF-", "a PDF", "ask for the export as a table or as JSON"),
    (
        b"version https://git-lfs",
        "a pointer to a file that Git LFS keeps",
        "fetch the file itself: git lfs pull",
    ),
)
_LINES = (
    (
        re.compile(rb"From \S.*\r?\n(?:[A-Za-z-]+:|>)"),
        "a mailbox",
        "write Message-ID, In-Reply-To, From, Date and the text of each mail as a row of CSV",
    ),
    (
        re.compile(
            rb"\W{0,4}\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? \d{1,2}:\d\d[^\n,;\t]{0,16}[\]-] ?[^\n,;\t:]{1,60}: "
        ),
        "a chat log as WhatsApp writes it",
        "write a row of CSV for each message, with a number, its author, its date as 2023-05-01 10:00 and its text",
    ),
)
_PAGES = (b"<!doctype html", b"<html")


def refuse_foreign(path: Path, head: bytes) -> None:
    """`ValueError` where the first bytes of `path`, or of what is packed in it, are of a kind that holds no record."""
    if (found := what_it_is(head)) is not None:
        raise ValueError(f"{path.name} is {found}")


def what_it_is(head: bytes) -> str | None:
    """What a file with these first bytes is, where it holds no record, and what would make it one."""
    found = _kind(head[:HEAD])
    return None if found is None else f"{found[0]}: {found[1]}"


def _kind(head: bytes) -> tuple[str, str] | None:
    if head.startswith(b"PK\x03\x04"):
        if any(name in head[26:] for name in _OFFICE):
            return "a workbook (or another Office file)", _SAVE
        return "a zip archive", _UNPACK
    if head[257:].startswith(b"ustar"):
        return "a tar archive", _UNPACK
    for start, words, advice in _STARTS:
        if head.startswith(start):
            return words, advice
    for pattern, words, advice in _LINES:
        if pattern.match(head.removeprefix(b"\xef\xbb\xbf")):
            return words, advice
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:20].lower().startswith(_PAGES):
        return (
            "a web page",
            "perhaps the server asked for a login where the export should have come; fetch it again",
        )
    return None
