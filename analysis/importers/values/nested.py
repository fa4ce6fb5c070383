"""Values inside the objects of a JSON record, named by their path: `author.name`; and texts that are written in parts."""

from collections.abc import Iterator
from typing import Any

DEEPEST = 5


def at(record: dict[str, Any], column: str) -> Any:
    """The value of a column, or where no field is called so at the end of its path; None where there is none.

    >>> at({"author": {"name": "ann"}, "a.b": 1}, "author.name"), at({"a.b": 1}, "a.b"), at({"author": None}, "author.name")
    ('ann', 1, None)
    >>> at({"m.to": {"id": 3}}, "m.to.id")
    3
    """
    if column in record or "." not in column:
        return record.get(column)
    first, _, rest = column.partition(".")
    while rest:
        if isinstance(inside := record.get(first), dict) and (value := at(inside, rest)) is not None:
            return value
        more, _, rest = rest.partition(".")
        first = f"{first}.{more}"
    return None


def paths(record: dict[str, Any], before: str = "", depth: int = 1) -> Iterator[str]:
    """The fields of a record, those inside its objects by their path behind the object's own.

    >>> list(paths({"id": 1, "author": {"name": "ann"}}))
    ['id', 'author', 'author.name']
    """
    for name, value in record.items():
        yield before + name
        if isinstance(value, dict) and depth < DEEPEST:
            yield from paths(value, f"{before}{name}.", depth + 1)


def plain(value: Any) -> Any:
    """A text that is written as a list of parts, such as Telegram's, as one text; any other value as it is.

    >>> plain(["hi ", {"type": "mention", "text": "@bob"}])
    'hi @bob'
    """
    if not isinstance(value, list):
        return value
    parts = [each.get("text") if isinstance(each, dict) else each for each in value]
    texts = [part for part in parts if isinstance(part, str)]
    return "".join(texts) if len(texts) == len(parts) else value


def refuse_nested(value: Any, role: str, column: str) -> None:
    """`ValueError` for a cell that holds an object or a list where one value should be, with the columns inside it."""
    if isinstance(value, dict) and value:
        names = (" ".join(name.split()) for name, one in value.items() if not isinstance(one, (dict, list)))
        inside = [f"{column}.{name}" for name in names]
        named = f"; map one of {', '.join(inside[:6])}" if inside else ""
        raise ValueError(f"{role} is not one value but an object{named}")
    if isinstance(value, list) and value:
        raise ValueError(f"{role} is not one value but a list")
