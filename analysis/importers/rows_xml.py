"""Reads the <row …/> elements of an XML file one by one; refuses document types and entities, goes on after faults."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from xml.parsers import expat

from windtunnel.analysis.importers.gathering import Collector
from windtunnel.analysis.importers.lines import TOO_LONG, BrokenOff, numbered_lines


class Row(NamedTuple):
    """The attributes of one <row>, and the line on which it ends."""

    line: int
    cells: dict[str, str]


class _Refused(Exception):
    pass


def rows(path: Path, into: Collector) -> Iterator[Row]:
    """The rows of `path`, packed or not. A line that is not XML is a fault, and reading goes on after it.

    Raises `ValueError` for a file that declares a document type or an entity: no dump does, and entities can
    stand for files or for gigabytes.
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
            try:
                if not begun and line.lstrip(b"\xef\xbb\xbf \t").startswith(b"<row"):
                    parser, inside = _resumed(found), True  # a part of a dump, without its head
                begun = True
                if inside and line.lstrip().startswith(b"</"):
                    line = b"</rows>"
                parser.Parse(line + b"\n", False)
            except _Refused as refused:
                raise ValueError(
                    f"{path.name} declares {refused}, which no dump does: it is refused"
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


def _parser(found: list[dict[str, str]]) -> Any:
    parser = expat.ParserCreate()

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
