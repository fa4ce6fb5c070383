"""Finds the records in a JSON value, however many lists and objects an export has wrapped around them."""

from collections.abc import Callable, Iterator
from typing import Any

DEEPEST = 8


def unwrapped(
    value: Any, is_record: Callable[[dict[str, Any]], bool], kept: tuple[str, ...] = ()
) -> Iterator[Any]:
    """The objects in `value` that `is_record` knows, in their order; what a list holds beside them comes as it is.

    `kept` are fields that records inherit from what is around them, such as the account of a list of statuses.

    >>> list(unwrapped({"latest_posts": [{"id": 1}], "next": None}, lambda one: "id" in one))
    [{'id': 1}]
    """
    yield from _within(value, is_record, kept, {}, 0)


def is_empty(value: Any) -> bool:
    """Whether a list, or an object around lists, holds nothing: an export without one record."""
    if isinstance(value, dict):
        lists = [each for each in value.values() if isinstance(each, list)]
        return bool(lists) and not any(lists)
    return value == []


def _within(
    value: Any,
    is_record: Callable[[dict[str, Any]], bool],
    kept: tuple[str, ...],
    around: dict[str, Any],
    depth: int,
) -> Iterator[Any]:
    if isinstance(value, dict) and is_record(value):
        yield {**around, **value} if around else value
    elif depth > DEEPEST:
        return
    elif isinstance(value, list):
        for each in value:
            if isinstance(each, (list, dict)):
                found = list(_within(each, is_record, kept, around, depth + 1))
                yield from found or [each]
            else:
                yield each
    elif isinstance(value, dict):
        around = around | {field: value[field] for field in kept if field in value}
        for field, each in value.items():
            if isinstance(each, list) and any(isinstance(one, (dict, list)) for one in each):
                found = list(_within(each, is_record, kept, around, depth + 1))
                if any(isinstance(one, dict) and is_record(one) for one in found):
                    yield from found
            elif isinstance(each, dict) and field not in kept:
                yield from _within(each, is_record, kept, around, depth + 1)
