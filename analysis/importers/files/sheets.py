"""Reads tables row by row: CSV and TSV (packed or not), Parquet, and JSON objects in lines or a list; values as they stand."""

import csv
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import polars as pl

from windtunnel.analysis.importers.files.json_rows import JSON, fields, json_rows
from windtunnel.analysis.importers.files.lines import (
    BrokenOff,
    Told,
    bare_name,
    blocks,
    refuse_bombs,
)
from windtunnel.analysis.importers.files.parquet_weight import weight
from windtunnel.analysis.importers.values.nested import DEEPEST
from windtunnel.analysis.numbers_in_words import counted

T = TypeVar("T")

ROWS = 50_000
"""Rows of Parquet held at a time."""
SHORT = 64
"""Bytes up to which a file may be an empty list."""
CELL = 8
"""Bytes that a cell of Parquet counts for before it is read."""

_NOT_CSV = {".parquet": "Parquet", **dict.fromkeys(JSON, "JSON")}

_UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)
"""What polars raises on a damaged file; a panic is no `Exception`."""


class Layout(NamedTuple):
    """How a CSV file is laid out: the separator of its cells and its encoding, None where it is UTF-8 or marked."""

    separator: str = ","
    encoding: str | None = None
    said: tuple[str, ...] = ()


PLAIN = Layout()
SEPARATORS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
NAMED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "bar": "|", "pipe": "|"}


def table_files(path: Path, expected: str = "a table") -> list[Path]:
    """The files of a table: itself, or in order of their names those of a folder with several files of JSON and nothing else, as chats
    are exported by days or by parts; empty lists are left out. `ValueError` for another folder.
    """
    if not path.is_dir():
        if not path.is_file():
            raise FileNotFoundError(f"there is no file {path}: give {expected}")
        return [path]
    inside = sorted(each for each in path.iterdir() if each.is_file() and each.name[:1] != ".")
    if len(inside) > 1 and all(each.suffix.casefold() == ".json" for each in inside):
        filled = [
            each for each in inside if each.stat().st_size > SHORT or each.read_bytes().split() != [b"[]"]
        ]
        if filled:
            return filled
    raise ValueError(
        f"{path} is a folder ({listed([each.name for each in inside]) or 'empty'}): a table is one file; put its files into one and name "
        "that (of a folder of .json files alone all are read)"
    )


def layout_of(
    path: Path,
    wanted: Collection[str],
    max_bytes: int,
    encoding: str | None = None,
    separator: str | None = None,
) -> Layout:
    """The layout under which the head of a table has the `wanted` columns, or else the most.

    A separator that is named counts; else that of the file's name, else another one if it alone makes columns of the head.
    """
    if _kind(path) in _NOT_CSV:
        if separator is not None:
            raise ValueError(f"--separator is for CSV; {path.name} is {_NOT_CSV[_kind(path)]}")
        return Layout(",", encoding)
    usual = "\t" if _kind(path) in (".tsv", ".tab") else ","
    if separator is not None:
        sign = NAMED.get(separator, separator)
        if len(sign) != 1 or sign in '\r\n"':
            raise ValueError(f"--separator is {separator!r}: give one sign, or tab")
        return Layout(sign, encoding)
    if (first := _excel_line(_head_of(_lines(path, max_bytes, None, encoding), path) or "")) is not None:
        return Layout(first, encoding)
    heads = {sign: _head(path, Layout(sign, encoding), max_bytes) for sign in (usual, *SEPARATORS)}

    def fits(sign: str) -> tuple[bool, int]:
        return len(heads[sign]) > 1 and set(wanted) <= set(heads[sign]), len(heads[sign])

    if fits(usual)[0] or len(heads[usual]) > 1 and not any(fits(sign)[0] for sign in heads):
        return Layout(usual, encoding)
    best = max(heads, key=fits)
    if best == usual or len(heads[best]) < 2:
        return Layout(usual, encoding)
    return Layout(best, encoding, (f"{path.name} separates its cells by {SEPARATORS[best]}",))


def _head(path: Path, layout: Layout, max_bytes: int) -> list[str]:
    header = _head_of(_csv_lists(path, max_bytes, None, layout), path)
    return [] if not header or isinstance(header[1], str) else header[1]


def _head_of(found: Iterator[T], path: Path) -> T | None:
    """The first of them, if any; `ValueError` where a packed file breaks off before."""
    try:
        return next(found, None)
    except BrokenOff as error:
        raise ValueError(f"{path.name}: {error}") from None


def columns_of(path: Path, expected: str, max_bytes: int, layout: Layout = PLAIN) -> list[str]:
    """The columns of a table; of lines of JSON those of the first hundred objects. `ValueError` if there are none."""
    kind = _kind(path)
    if kind == ".parquet":
        return list(_fields(_schema(path, expected)))
    if kind in JSON:
        return fields(path, expected, max_bytes, layout.encoding)
    header = _head(path, layout, max_bytes)
    if not header:
        raise ValueError(f"{path} is empty; give {expected}")
    if not all(map(is_unicode, header)):
        raise ValueError(not_unicode(path, 1, layout.encoding))
    return header


def plain_columns(path: Path, columns: Sequence[str]) -> list[str]:
    """Those of the columns of a table that hold one value a row: of Parquet no lists and no structures."""
    if _kind(path) != ".parquet":
        return list(columns)
    kinds = _fields(_schema(path, "a Parquet file"))
    return [name for name in columns if not kinds[name].kind.is_nested()]


class _Field(NamedTuple):
    """Where a column of Parquet stands, through the structures that hold it, and what it holds."""

    parts: tuple[str, ...]
    kind: pl.DataType

    def read(self, name: str) -> pl.Expr:
        column = pl.col(self.parts[0])
        for inside in self.parts[1:]:
            column = column.struct.field(inside)
        return column.alias(name)


def _fields(schema: Mapping[str, pl.DataType]) -> dict[str, _Field]:
    """The columns of Parquet, those inside structures by their path, as in `values.nested.paths`; a column's own name counts first."""
    found: dict[str, _Field] = {}

    def walk(name: str, field: _Field) -> None:
        found.setdefault(name, field)
        if isinstance(field.kind, pl.Struct) and len(field.parts) < DEEPEST:
            for inside in field.kind.fields:
                kind = inside.dtype if isinstance(inside.dtype, pl.DataType) else inside.dtype()
                walk(f"{name}.{inside.name}", _Field((*field.parts, inside.name), kind))

    for name, kind in schema.items():
        walk(name, _Field((name,), kind))
    return found | {name: _Field((name,), kind) for name, kind in schema.items()}


def is_unicode(text: Any) -> bool:
    """Whether a cell is none that could not be decoded."""
    return (
        not isinstance(text, str) or text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text)
    )


def not_unicode(path: Path, line: int, encoding: str | None) -> str:
    """A sentence on a line that cannot be decoded, and what would read it."""
    if encoding:
        return (
            f"{path.name} is not in {encoding}: its line {line:,} cannot be decoded; name another --encoding"
        )
    return (
        f"{path.name} is not in UTF-8: its line {line:,} cannot be decoded; name its encoding, as --encoding cp1252 for a "
        "file from Windows or Excel, --encoding latin-1 for an older one, or --encoding utf-8 to leave such lines out"
    )


def listed(names: Sequence[str]) -> str:
    """The first of these names, short and on one line, for a sentence."""
    return ", ".join(" ".join(name.split())[:40] for name in names[:20]) + (", …" if len(names) > 20 else "")


def sheet_rows(
    path: Path,
    columns: Sequence[str],
    max_bytes: int,
    told: Told | None = None,
    layout: Layout = PLAIN,
    within: Sequence[str] = (),
) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Rows by number (for CSV that of their last line), with these columns; a sentence for one that cannot be read.

    Of JSON, objects in lists of a row are rows too where they have all columns `within`, the first of which is the id;
    under `ABOVE` they hold the id of the row in which they stand.
    """
    kind = _kind(path)
    if kind == ".parquet":
        return _parquet_rows(path, columns, max_bytes)
    if kind in JSON:
        return json_rows(path, columns, max_bytes, told, layout.encoding, within)
    return _csv_rows(path, columns, max_bytes, told, layout)


def _kind(path: Path) -> str:
    kind = Path(bare_name(path)).suffix.casefold()
    if kind == ".parquet" and bare_name(path) != path.name:
        raise ValueError(f"{path.name} is Parquet packed once more: unpack it first")
    return kind


def is_json(path: Path) -> bool:
    """Whether the file's name says that it is JSON, in lines or not."""
    return _kind(path) in JSON


def _schema(path: Path, expected: str) -> pl.Schema:
    try:
        with _panics_unsaid():
            return pl.scan_parquet(path, glob=False).collect_schema()
    except _UNREADABLE as error:
        raise ValueError(f"{path} is not a Parquet file ({_first(error)}); give {expected}") from None


def _parquet_rows(path: Path, columns: Sequence[str], max_bytes: int) -> Iterator[tuple[int, dict[str, Any]]]:
    wanted = list(dict.fromkeys(columns))
    fields_of = _fields(_schema(path, "a Parquet file"))
    _refuse_heavy(path, {name: fields_of[name] for name in wanted}, max_bytes)
    frame = pl.scan_parquet(path, glob=False).select(fields_of[name].read(name) for name in wanted)
    number = size = 0
    while True:
        try:
            with _panics_unsaid():
                part = frame.slice(number, ROWS).collect()
        except _UNREADABLE as error:
            raise ValueError(f"{path} is damaged ({_first(error)}): fetch it again") from None
        size += _bytes_of(part)
        refuse_bombs(path, path.stat().st_size, size, max_bytes)
        for row in part.iter_rows(named=True, buffer_size=64):
            number += 1
            yield number, row
        if part.height < ROWS:
            return


def _refuse_heavy(path: Path, wanted: Mapping[str, _Field], max_bytes: int) -> None:
    """`ValueError` for columns of lists, and for what would unpack to too much, before any of it is unpacked."""
    for name, field in wanted.items():
        if isinstance(field.kind, pl.Struct):
            inside = listed([f"{name}.{one.name}" for one in field.kind.fields])
            raise ValueError(f"{path} has a structure in the column {name!r}: name one of {inside}")
        if field.kind.is_nested():
            raise ValueError(f"{path} has lists or structures in the column {name!r}: make it plain values")
    try:
        rows, unpacked = weight(path, {field.parts[0] for field in wanted.values()})
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}): fetch it again") from None
    refuse_bombs(path, path.stat().st_size, max(unpacked, CELL * rows * len(wanted)), max_bytes)


def _bytes_of(part: pl.DataFrame) -> int:
    """The bytes of a frame's values written out; a frame itself may hold one long text for many rows."""
    size = 0
    for column in part:
        if column.dtype in (pl.Categorical, pl.Enum):
            column = column.cast(pl.String)
        if column.dtype == pl.String:
            size += int(column.str.len_bytes().sum())
        elif column.dtype == pl.Binary:
            size += int(column.bin.size().sum())
        else:
            size += int(column.estimated_size())
    return size


@contextmanager
def _panics_unsaid() -> Iterator[None]:
    """Nothing reaches standard error while the block lasts: polars writes lines about a panic there before it raises."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _first(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _csv_rows(
    path: Path, columns: Sequence[str], max_bytes: int, told: Told | None, layout: Layout
) -> Iterator[tuple[int, dict[str, Any] | str]]:
    escaped = set[int]()
    rows = _csv_lists(path, max_bytes, told, layout, escaped)
    header = next(rows)[1]
    first = {name: place for place, name in reversed(list(enumerate(header)))}
    at = {column: first[column] for column in columns}
    for number, row in rows:
        if isinstance(row, str):
            yield number, row
        elif len(row) != len(header):
            yield (
                number,
                counted(len(row), f"cells where the header has {len(header)}")
                + ESCAPED * (number in escaped),
            )
        else:
            yield number, {column: row[index] for column, index in at.items()}


ESCAPED = "; its quotes are written \\\" as MySQL does: export again with quotes doubled (ESCAPED BY '\"') or as JSON"


def _csv_lists(
    path: Path, max_bytes: int, told: Told | None, layout: Layout, escaped: set[int] | None = None
) -> Iterator[tuple[int, Any]]:
    """The cells of each row that is not blank; a sentence for one that is not CSV. `escaped` gets the rows with a backslash before
    a quote."""
    slashed = False

    def watched(lines: Iterator[str]) -> Iterator[str]:
        nonlocal slashed
        for line in lines:
            slashed |= '\\"' in line
            yield line

    lines = watched(_text_lines(path, max_bytes, told, layout.encoding))
    rows = csv.reader(lines, delimiter=layout.separator, strict=True)
    while True:
        before, slashed = rows.line_num, False
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            lost = rows.line_num - before
            more = f"; {lost:,} lines are lost with it" * (lost > 1) + ESCAPED * slashed
            yield rows.line_num, f"not CSV: {error}{more}"
            continue
        except BrokenOff as error:
            yield rows.line_num + 1, str(error)
            return
        if row:
            if slashed and escaped is not None:
                escaped.add(rows.line_num)
            yield rows.line_num, row


def _excel_line(line: str) -> str | None:
    """The sign in a first line such as sep=; that spreadsheets write; None for another line."""
    said = line.strip("\r\n").strip('"')
    return said[4] if len(said) == 5 and said.casefold().startswith("sep=") else None


def _text_lines(path: Path, max_bytes: int, told: Told | None, encoding: str | None) -> Iterator[str]:
    """The lines of a CSV file without a spreadsheet's word about its separator, which stays as a blank one."""
    lines = _lines(path, max_bytes, told, encoding)
    first = next(lines, None)
    if first is not None:
        yield first if _excel_line(first) is None else "\n"
    yield from lines


def _lines(path: Path, max_bytes: int, told: Told | None, encoding: str | None) -> Iterator[str]:
    """Lines with their ends (LF, CR LF or CR), blank ones too, since they can stand inside a cell."""
    rest = b""
    for block in blocks(path, max_bytes, told, encoding):
        lines = (rest + block).splitlines(keepends=True)
        # What ends in CR may go on with LF in the next block.
        rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        for line in lines:
            yield line.decode("utf-8", "surrogateescape")
        if len(rest) > csv.field_size_limit() * 8:  # more than a line of cells can be: csv says so, in parts
            yield rest.decode("utf-8", "surrogateescape")
            rest = b""
    if rest:
        yield rest.decode("utf-8", "surrogateescape")
