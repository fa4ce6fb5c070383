"""Reads the <row …/> elements of an XML file one by one; refuses document types and entities, goes on after faults."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from xml.parsers import expat

from windtunnel.analysis.importers.files.lines import TOO_LONG, BrokenOff, numbered_lines
from windtunnel.analysis.importers.posts.gathering import Collector


class Row(NamedTuple):
    """The attributes of one <row>, and the line on which it ends."""

    line: int
    cells: dict[str, str]


class _Refused(Exception):
    pass


_PAIR = re.compile(
    rb"&#([xX]0*[dD][89abAB][0-9a-fA-F]{2}|5[5-6][0-9]{3});&#([xX]0*[dD][c-fC-F][0-9a-fA-F]{2}|5[6-7][0-9]{3});"
)
_NO_CHARACTERS = re.compile(
    rb"&#(?:x0*([0-9a-fA-F]{1,6})|0*([0-9]{1,7}));|[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]"
)
"""Characters by their number, most of which XML allows, and those that it does not allow as they are."""


def rows(path: Path, into: Collector) -> Iterator[Row]:
    """The rows of `path`, packed or not. A line that is not XML is a fault, and reading goes on after it.

    Control characters, which XML has no room for, are dropped and counted. Raises `ValueError` for a file that declares
    a document type or an entity: no dump does, and entities can stand for files or for gigabytes.
    """
    found: list[dict[str, str]] = []
    parser, begun, inside = _parser(found), False, False
    number = 0
    try:
        for number, line in numbered_lines(path, into.max_bytes, into.told):
            if line == TOO_LONG:
                into.lines += 1
                into.fault(number, "longer than 16 MiB")
                parser, begun, inside = _resumed(found), True, True
                continue
            line = _allowed(line, into)
            try:
                if not begun and line.lstrip().startswith(b"<row"):
                    parser, inside = _resumed(found), True  # a part of a dump, without its head
                begun = True
                if inside and line.lstrip().startswith(b"</"):
                    line = b"</rows>"
                parser.Parse(line + b"\n", False)
            except _Refused as refused:
                raise ValueError(
                    f"{path.name} declares {refused}, which no dump does: it is refused, since entities can stand for files or "
                    "gigabytes. If you trust it, take all of its <!DOCTYPE …> out with an editor and import it again"
                ) from None
            except expat.ExpatError as error:
                into.lines += 1
                into.fault(number, f"not XML ({expat.errors.messages[error.code]})")
                parser, inside = _resumed(found), True
            for cells in found:
                yield Row(number, cells)
            found.clear()
        if not inside and begun:
            try:
                parser.Parse(b"", True)
            except expat.ExpatError:
                into.fault(number, "the file breaks off here")
    except BrokenOff as error:
        into.fault(number + 1, str(error))


def _joined(found: re.Match[bytes]) -> bytes:
    """The one character that two halves of UTF-16 stand for."""
    high, low = (int(each[1:], 16) if each[:1] in b"xX" else int(each) for each in found.groups())
    if not (0xD800 <= high < 0xDC00 <= low < 0xE000):
        return found[0]
    return b"&#%d;" % (0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00)


def _allowed(line: bytes, into: Collector) -> bytes:
    """The line without characters that XML does not allow, which are counted."""
    line = _PAIR.sub(_joined, line)
    dropped = 0

    def kept(found: re.Match[bytes]) -> bytes:
        nonlocal dropped
        number = int(found[1], 16) if found[1] else int(found[2]) if found[2] else 0
        if (
            number in (9, 10, 13)
            or 32 <= number < 0xD800
            or 0xE000 <= number < 0xFFFE
            or 0xFFFF < number < 0x110000
        ):
            return found[0]
        dropped += 1
        return b""

    line = _NO_CHARACTERS.sub(kept, line)
    if dropped:
        into.count("control characters, which XML does not allow, were dropped from texts", dropped)
    return line


def _parser(found: list[dict[str, str]]) -> Any:
    parser = expat.ParserCreate("utf-8")  # whatever the head declares: lines come in UTF-8

    def start(name: str, cells: dict[str, str]) -> None:
        if name == "row":
            found.append(cells)

    def refuse_type(*_: Any) -> None:
        raise _Refused("a document type")

    def refuse_entity(*_: Any) -> None:
        raise _Refused("an entity")

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse_type
    parser.EntityDeclHandler = refuse_entity
    parser.buffer_text = True
    return parser


def _resumed(found: list[dict[str, str]]) -> Any:
    """A parser that stands inside a document, so that the next row can follow."""
    parser = _parser(found)
    parser.Parse(b"<rows>", False)
    return parser
