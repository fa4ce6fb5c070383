"""Turns the bytes of a text file into UTF-8 without a mark at its head: by the mark, by what XML declares, or as named."""

import codecs
import re
from collections.abc import Iterable, Iterator

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._:-]+)[\"']")


def known_encoding(name: str) -> str:
    """Python's name of an encoding; `ValueError` for one that there is not.

    >>> known_encoding("Windows-1252"), known_encoding("UTF-8")
    ('cp1252', 'utf-8')
    """
    try:
        found = codecs.lookup(name)
        "a".encode(found.name)
    except (LookupError, ValueError, TypeError, UnicodeError):
        raise ValueError(
            f"there is no text encoding {name!r}: utf-8, cp1252, latin-1, utf-16 are some"
        ) from None
    return found.name


def in_utf8(blocks: Iterable[bytes], encoding: str | None = None) -> Iterator[bytes]:
    """The blocks in UTF-8. A mark at the head counts before `encoding`, that before what XML declares; else they are taken for UTF-8.

    What is not in the encoding becomes bytes that are not UTF-8, so that whoever reads the line finds it.
    """
    pieces = iter(blocks)
    head = next(pieces, b"")
    while len(head) < 4 and (more := next(pieces, b"")):
        head += more
    found, length = _of(head, encoding)
    head = head[length:]
    if found == "utf-8":
        yield head
        yield from pieces
        return
    decoder = codecs.getincrementaldecoder(found)(
        errors=_ERRORS if found.startswith("utf") else "surrogateescape"
    )
    yield _out(decoder.decode(head))
    for block in pieces:
        yield _out(decoder.decode(block))
    yield _out(decoder.decode(b"", True))


_ERRORS = "replace"


def _out(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _of(head: bytes, encoding: str | None) -> tuple[str, int]:
    """The encoding of a text that begins so, and how long its mark is."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, len(mark)
    if encoding:
        return encoding, 0
    if len(head) >= 4 and head[:1].isascii():  # without a mark, ASCII in two bytes has a nought in each
        if head[1] == head[3] == 0 and head[0] and head[2]:
            return "utf-16-le", 0
        if head[0] == head[2] == 0 and head[1] and head[3]:
            return "utf-16-be", 0
    declared = _DECLARED.match(head.lstrip()[:200])
    if declared:
        name = known_encoding(declared[1].decode("ascii"))
        # A head that can be read byte by byte is in no encoding of two bytes, whatever it says.
        return ("utf-8" if name.startswith(("utf", "ascii")) else name), 0
    return "utf-8", 0
