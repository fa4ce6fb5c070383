"""Reads tables row by row: CSV and TSV (packed or not), Parquet, and lines of JSON objects; values as they stand."""

import csv
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from windtunnel.analysis.importers.convert import parse_object
from windtunnel.analysis.importers.lines import (
    TOO_LONG,
    BrokenOff,
    Told,
    bare_name,
    blocks,
    numbered_lines,
    refuse_bombs,
)
from windtunnel.analysis.importers.parquet_weight import weight

ROWS = 50_000
"""Rows of Parquet held at a time."""
CELL = 8
"""Bytes that a cell of Parquet counts for before it is read."""

_UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)
"""What polars raises on a damaged file; a panic is no `Exception`."""


def columns_of(path: Path, expected: str, max_bytes: int) -> list[str]:
    """The columns of a table; of lines of JSON those of the first hundred objects. `ValueError` if there are none."""
    kind = _kind(path)
    if kind == ".parquet":
        return list(_schema(path, expected))
    if kind in (".ndjson", ".jsonl"):
        return _fields(path, expected, max_bytes)
    header = next(_csv_lists(path, max_bytes, None), None)
    if not header or isinstance(header[1], str):
        raise ValueError(f"{path} is empty; give {expected}")
    return header[1]


def listed(names: Sequence[str]) -> str:
    """The first of these names, short and on one line, for a sentence."""
    return ", ".join(" ".join(name.split())[:40] for name in names[:20]) + (", …" if len(names) > 20 else "")


def sheet_rows(
    path: Path, columns: Sequence[str], max_bytes: int, told: Told | None = None
) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Rows by number (for CSV that of their last line), with these columns; a sentence for one that cannot be read."""
    kind = _kind(path)
    if kind == ".parquet":
        return _parquet_rows(path, columns, max_bytes)
    if kind in (".ndjson", ".jsonl"):
        return _json_rows(path, columns, max_bytes, told)
    return _csv_rows(path, columns, max_bytes, told)


def _kind(path: Path) -> str:
    kind = Path(bare_name(path)).suffix.casefold()
    if kind == ".parquet" and bare_name(path) != path.name:
        raise ValueError(f"{path.name} is Parquet packed once more: unpack it first")
    return kind


def _schema(path: Path, expected: str) -> pl.Schema:
    try:
        with _panics_unsaid():
            return pl.scan_parquet(path, glob=False).collect_schema()
    except _UNREADABLE as error:
        raise ValueError(f"{path} is not a Parquet file ({_first(error)}); give {expected}") from None


def _parquet_rows(path: Path, columns: Sequence[str], max_bytes: int) -> Iterator[tuple[int, dict[str, Any]]]:
    wanted = list(dict.fromkeys(columns))
    _refuse_heavy(path, wanted, max_bytes)
    frame, number, size = pl.scan_parquet(path, glob=False).select(wanted), 0, 0
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


def _refuse_heavy(path: Path, wanted: Sequence[str], max_bytes: int) -> None:
    """`ValueError` for columns of lists, and for what would unpack to too much, before any of it is unpacked."""
    nested = [name for name, kind in _schema(path, "a Parquet file").items() if kind.is_nested()]
    if found := [name for name in wanted if name in nested]:
        raise ValueError(f"{path} has lists or structures in the column {found[0]!r}: make it plain values")
    try:
        rows, unpacked = weight(path, wanted)
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


def _json_rows(
    path: Path, columns: Sequence[str], max_bytes: int, told: Told | None
) -> Iterator[tuple[int, dict[str, Any] | str]]:
    number = 0
    try:
        for number, line in numbered_lines(path, max_bytes, told):
            if line == TOO_LONG:
                yield number, "longer than 16 MiB"
                continue
            try:
                record = parse_object(line)
            except ValueError as error:
                yield number, str(error)
                continue
            yield number, {column: record.get(column) for column in columns}
    except BrokenOff as error:
        yield number + 1, str(error)


def _fields(path: Path, expected: str, max_bytes: int) -> list[str]:
    found: dict[str, None] = {}
    try:
        for number, (_, line) in enumerate(numbered_lines(path, max_bytes)):
            if number == 100:
                break
            try:
                found |= dict.fromkeys(parse_object(line))
            except ValueError:
                continue
    except BrokenOff:
        pass
    if not found:
        raise ValueError(f"{path} holds no line that is a JSON object; give {expected}")
    return list(found)


def _csv_rows(
    path: Path, columns: Sequence[str], max_bytes: int, told: Told | None
) -> Iterator[tuple[int, dict[str, Any] | str]]:
    rows = _csv_lists(path, max_bytes, told)
    header = next(rows)[1]
    at = {column: header.index(column) for column in columns}
    for number, row in rows:
        if isinstance(row, str):
            yield number, row
        elif len(row) != len(header):
            yield number, f"{len(row)} cells where the header has {len(header)}"
        else:
            yield number, {column: row[index] for column, index in at.items()}


def _csv_lists(path: Path, max_bytes: int, told: Told | None) -> Iterator[tuple[int, Any]]:
    """The cells of each row that is not blank; a sentence for one that is not CSV."""
    rows = csv.reader(
        _text_lines(path, max_bytes, told), delimiter="\t" if _kind(path) == ".tsv" else ",", strict=True
    )
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield rows.line_num, f"not CSV: {error}"
            continue
        except BrokenOff as error:
            yield rows.line_num + 1, str(error)
            return
        if row:
            yield rows.line_num, row


def _text_lines(path: Path, max_bytes: int, told: Told | None) -> Iterator[str]:
    """Lines with their ends, blank ones too, since they can stand inside a cell."""
    rest, first = b"", True
    for block in blocks(path, max_bytes, told):
        if first:
            block, first = block.removeprefix(b"\xef\xbb\xbf"), False
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        for line in lines:
            yield line.decode("utf-8", "surrogateescape") + "\n"
        if len(rest) > csv.field_size_limit() * 8:  # more than a line of cells can be: csv says so, in parts
            yield rest.decode("utf-8", "surrogateescape")
            rest = b""
    if rest:
        yield rest.decode("utf-8", "surrogateescape")
