"""Rows of JSON that stand in lists inside other rows, such as the replies of a comment."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from windtunnel.analysis.importers.values.nested import at

DEEPEST = 1_000
"""Rows inside rows; what lies deeper is not looked at."""


class Found(NamedTuple):
    """A row, and the one in whose list it stands (None: in none)."""

    row: dict[str, Any]
    above: dict[str, Any] | None


def rows_within(record: dict[str, Any], needed: Sequence[str]) -> Iterator[Found]:
    """`record` and, behind it in the order of the file, every object in its lists that has all `needed` columns.

    An object inside may have a column by the end of its path alone: a reply has `snippet.text` where the comment has
    `top.snippet.text`.

    >>> tree = {"id": 1, "text": "a", "replies": [{"id": 2, "text": "b"}], "files": [{"id": 7}]}
    >>> [(one.row["id"], one.above and one.above["id"]) for one in rows_within(tree, ("id", "text"))]
    [(1, None), (2, 1)]
    """
    waiting: list[tuple[dict[str, Any], dict[str, Any] | None, int]] = [(record, None, 0)]
    while waiting:
        row, above, depth = waiting.pop()
        yield Found(row, above)
        if depth < DEEPEST:
            inside = [each for each in _in_lists(row) if all(has(each, column) for column in needed)]
            waiting.extend((each, row, depth + 1) for each in reversed(inside))


def has(record: dict[str, Any], column: str) -> bool:
    """Whether a record has a field at the path of a column, or at the end of it."""
    return any(_there(record, path) for path in _ends(column))


def value_of(record: dict[str, Any], column: str) -> Any:
    """The value at the path of a column, else at the longest end of it that the record has.

    >>> value_of({"snippet": {"text": "b"}}, "top.snippet.text")
    'b'
    """
    return next((at(record, path) for path in _ends(column) if _there(record, path)), None)


def _ends(column: str) -> Iterator[str]:
    parts = column.split(".")
    return (".".join(parts[first:]) for first in range(len(parts)))


def _there(record: dict[str, Any], path: str) -> bool:
    if path in record:
        return True
    *above, last = path.split(".")
    inside = at(record, ".".join(above)) if above else record
    return isinstance(inside, dict) and last in inside


def _in_lists(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The objects in the lists of a record and of the objects in it, however these are nested in objects."""
    for value in record.values():
        if isinstance(value, dict):
            yield from _in_lists(value)
        elif isinstance(value, list):
            yield from (each for each in value if isinstance(each, dict))


def alike(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The objects in lists of a record, and in lists of these, that share half of its fields or more: replies, not reactions."""
    for row, above in rows_within(record, ()):
        if above is not None and len(row.keys() & above.keys()) >= max(2, len(row) / 2):
            yield row
