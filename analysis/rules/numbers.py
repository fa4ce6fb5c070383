"""Comparisons with a number or a length of time, as AutoModerator writes them: "< 5", "> 2 days"."""

import operator
import re
from collections.abc import Callable
from typing import Any

import polars as pl

from windtunnel.analysis.rules.shown import shown

_NUMBER = re.compile(r"(==?|<=?|>=?)?\s*(-?\d+)")
_PERIOD = re.compile(r"(==?|<=?|>=?)?\s*(\d+)\s*(?:(minute|hour|day|week|month|year)s?)?")
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
}
MINUTES = {"minute": 1, "hour": 60, "day": 1440, "week": 10_080, "month": 43_200, "year": 525_600}
"""Of the words for a length of time; a month has 30 days, a year 365."""

Test = Callable[[pl.Series], pl.Series]


def number_test(value: Any) -> Test:
    """A comparison such as "> 5", or with a bare number equality; `ValueError` for other words."""
    match = _NUMBER.fullmatch(str(value).strip()) if _plain(value) else None
    if match is None:
        raise ValueError(f'{shown(value)} is no comparison with a whole number: write "< 5", "> 5" or 5')
    compare, number = _OPERATORS[match[1] or "="], int(match[2])
    return lambda column: compare(column, number)


def period_test(value: Any) -> Test:
    """A comparison of minutes with a length of time, as "< 2 days"; a bare number counts days."""
    match = _PERIOD.fullmatch(str(value).strip()) if _plain(value) else None
    if match is None:
        raise ValueError(
            f'{shown(value)} is no comparison with a length of time: write "< 2 days" (minutes, hours, days, weeks, months, years)'
        )
    compare, minutes = _OPERATORS[match[1] or "="], int(match[2]) * MINUTES[match[3] or "day"]
    return lambda column: compare(column, minutes)


def hour_test(value: Any) -> Test:
    """A comparison of hours of the day, or a list of them: [22, 23, 0]."""
    if not isinstance(value, list):
        test, hour = number_test(value), int(re.sub(r"[^-\d]", "", str(value)))
        if not 0 <= hour <= 23:
            raise ValueError(f"{shown(value)} is no hour of the day: write a number from 0 to 23")
        return test
    if not value or not all(
        isinstance(one, int) and not isinstance(one, bool) and 0 <= one <= 23 for one in value
    ):
        raise ValueError(f"{shown(value)} are no hours of the day: write whole numbers from 0 to 23")
    return lambda column: column.is_in(value)


def _plain(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)
