"""Reads the rows of JSON: objects in lines, in a list, or in a list that an export wrapped; values as they stand."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from windtunnel.analysis.importers.files.lines import (
    MAX_DOCUMENT,
    TOO_LONG,
    BrokenOff,
    Told,
    bare_name,
    blocks,
    numbered_lines,
)
from windtunnel.analysis.importers.values.convert import parse_json, parse_object
from windtunnel.analysis.importers.values.nested import at, paths
from windtunnel.analysis.importers.values.rows_within import Found, alike, rows_within, value_of

JSON = (".ndjson", ".jsonl", ".json", ".js")
_WHOLE = (".json", ".js")
_ASSIGNED = re.compile(rb"\s*(?:(?:var|let|const)\s+)?[A-Za-z_$][\w.$\[\]\"']{0,80}\s*=\s*(?=[\[{])")
"""What stands before the JSON of a script, as in the archive of Twitter."""
ABOVE = " the row above"
"""Where a row holds the id of the one in whose list it stands; no column is called so, since names have no blanks around."""


def _records(
    path: Path, max_bytes: int, told: Told | None, encoding: str | None, within: Sequence[str] = ()
) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """The objects of a file with their lines, or of one document with their places; a sentence for what is none."""
    if Path(bare_name(path)).suffix.casefold() in _WHOLE:
        text = b"".join(blocks(path, max_bytes, told, encoding))
        if begun := _ASSIGNED.match(text):
            text = text[begun.end() :].rstrip().rstrip(b";")
        if len(text) > MAX_DOCUMENT:
            raise ValueError(
                f"{path.name} is one JSON document of more than {MAX_DOCUMENT:,} bytes: split it"
            )
        try:
            found = parse_json(text)
        except ValueError:
            found = None
        if found is not None:
            for place, each in enumerate(_rows_of(found, within), 1):
                yield place, each if isinstance(each, dict) else "JSON, but not an object"
            return
    for number, line in numbered_lines(path, max_bytes, told, encoding):
        if line == TOO_LONG:
            yield number, "longer than 16 MiB"
            continue
        try:
            yield number, parse_object(line)
        except ValueError as error:
            yield number, str(error)


def _rows_of(found: Any, within: Sequence[str]) -> list[Any]:
    """The rows of a document, which is one itself where it has all columns of one."""
    if within and isinstance(found, dict) and all(at(found, column) is not None for column in within):
        return [found]
    return _list_in(found)


def _list_in(value: Any) -> list[Any]:
    """The rows of a document: its list, or the longest list of objects that an export wrapped."""
    if isinstance(value, list):
        return value
    fields = list(value.values()) if isinstance(value, dict) else []
    lists = [each for each in fields if isinstance(each, list) and any(isinstance(one, dict) for one in each)]
    inside = [_list_in(each) for each in fields if isinstance(each, dict)]
    found = max((*lists, *(each for each in inside if len(each) > 1)), key=len, default=[])
    return found or [value]


def json_rows(
    path: Path,
    columns: Sequence[str],
    max_bytes: int,
    told: Told | None,
    encoding: str | None,
    within: Sequence[str] = (),
) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """The rows with their lines or places, those in lists of others behind these (`sheet_rows`)."""
    number, nested = 0, False
    try:
        walked: Iterable[tuple[int, list[Found] | str]] = (
            (place, one if isinstance(one, str) else _found(one, within))
            for place, one in _records(path, max_bytes, told, encoding, within)
        )
        if within and Path(bare_name(path)).suffix.casefold() in _WHOLE:
            walked = list(walked)
            nested = any(len(found) > 1 for _, found in walked if not isinstance(found, str))
        for number, found in walked:
            if isinstance(found, str):
                yield number, found
                continue
            nested = nested or len(found) > 1
            for row, above in found:
                if above is None:
                    yield (
                        number,
                        {each: at(row, each) for each in columns} | ({ABOVE: None} if nested else {}),
                    )
                else:
                    cells = {each: (value_of if each in within else at)(row, each) for each in columns}
                    yield number, {**cells, ABOVE: value_of(above, within[0])}
    except BrokenOff as error:
        yield number + 1, str(error)


def _found(record: dict[str, Any], within: Sequence[str]) -> list[Found]:
    return list(rows_within(record, within)) if within else [Found(record, None)]


def fields(path: Path, expected: str, max_bytes: int, encoding: str | None) -> list[str]:
    found: dict[str, None] = {}
    try:
        for place, (_, record) in enumerate(_records(path, max_bytes, None, encoding)):
            if place == 100:
                break
            if isinstance(record, dict):
                found |= dict.fromkeys(paths(record))
                for inside in alike(record):
                    found |= dict.fromkeys(paths(inside))
    except BrokenOff:
        pass
    if not found:
        where = _broken_at(path, max_bytes, encoding)
        raise ValueError(f"{path} {where or 'holds no line that is a JSON object'}; give {expected}")
    return list(found)


def _broken_at(path: Path, max_bytes: int, encoding: str | None) -> str | None:
    """Where a document that begins with a list stops being JSON; None for another file."""
    if Path(bare_name(path)).suffix.casefold() != ".json":
        return None
    text = b"".join(blocks(path, max_bytes, None, encoding)).decode("utf-8", "replace")
    if not text.lstrip().startswith("["):
        return None
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"stops being JSON at line {error.lineno:,}, sign {error.colno:,} ({error.msg})"
    except RecursionError:
        return None
    return None
