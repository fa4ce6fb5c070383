"""Knows numbers that count time as other systems do: ticks, FILETIME, ids that hold their time, Julian days, Apple's seconds.

Sources: .NET's `DateTime.Ticks`, Windows' `FILETIME`, WebKit's microseconds since 1601; the snowflakes of Twitter, Discord and Mastodon, whose
upper bits are milliseconds; the Julian day and the modified one; MATLAB's `datenum` and Python's `date.toordinal`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from windtunnel.analysis.importers.clocks.times import DAY, EARLIEST, Unit

YEAR = 366 * DAY
CHANCE = 1e-4
"""Numbers that are all whole in some step by a chance below this are so because they were written so."""
APPLE = 978_307_200
"""Unix seconds of 2001, from which Apple's systems count."""
SEQUENCE = 4096
"""The lowest part of a snowflake counts within a millisecond, so most are next to a multiple of this."""


class Clock(NamedTuple):
    """A way of counting time, and how seconds since 1970 come of its number n; `read`: unambiguous enough to be read."""

    unit: Unit
    seconds_are: str
    read: bool = True
    snowflake: bool = False


_BITS = 1e-3 / 2**22
TICKS = Clock(Unit(".NET ticks", 1e-7, -62_135_596_800.0), "n / 10,000,000 - 62,135,596,800")
CLOCKS = (
    TICKS,
    Clock(Unit("Windows FILETIME", 1e-7, -11_644_473_600.0), "n / 10,000,000 - 11,644,473,600"),
    Clock(
        Unit("microseconds since 1601 (Chrome's)", 1e-6, -11_644_473_600.0), "n / 1,000,000 - 11,644,473,600"
    ),
    Clock(Unit("Discord's ids", _BITS, 1_420_070_400.0), "n / 4,194,304,000 + 1,420,070,400", False, True),
    Clock(
        Unit("Twitter's ids", _BITS, 1_288_834_974.657), "n / 4,194,304,000 + 1,288,834,974.657", False, True
    ),
    Clock(Unit("Mastodon's ids", 1e-3 / 2**16), "n / 65,536,000", False),
    Clock(Unit("Julian days", DAY, -2_440_587.5 * DAY), "(n - 2,440,587.5) * 86,400"),
    Clock(Unit("modified Julian days", DAY, -40_587.0 * DAY), "(n - 40,587) * 86,400", False),
    Clock(Unit("MATLAB's days", DAY, -719_529.0 * DAY), "(n - 719,529) * 86,400", False),
    Clock(Unit("Python's ordinals", DAY, -719_163.0 * DAY), "(n - 719,163) * 86,400", False),
)


def dates_in(numbers: np.ndarray, unit: Unit, share: float = 0.99) -> bool:
    """Are nearly all of the numbers dates from 1990 to a year from now?"""
    with np.errstate(over="ignore"):
        seconds = numbers * unit.seconds + unit.origin
    latest = datetime.now(UTC).timestamp() + YEAR
    return len(numbers) > 0 and float(((seconds >= EARLIEST) & (seconds < latest)).mean()) >= share


def other_clocks(numbers: np.ndarray) -> list[Clock]:
    """The clocks by which the numbers of a column may count; of snowflakes' only where they look like some."""
    ids = looks_like_snowflakes(numbers)
    return [clock for clock in CLOCKS if (ids or not clock.snowflake) and dates_in(numbers, clock.unit)]


def looks_like_snowflakes(numbers: np.ndarray) -> bool:
    rest = np.abs(numbers) % SEQUENCE
    near = np.minimum(rest, SEQUENCE - rest) <= np.maximum(np.spacing(numbers), 64)
    return len(numbers) > 0 and float(near.mean()) >= 0.9


def whole(numbers: np.ndarray, step: float) -> bool:
    """Are nearly all of them multiples of a step, as far as floats can tell, and is that no accident?"""
    with np.errstate(over="ignore", invalid="ignore"):
        rest = np.abs(numbers) % step
        blur = np.spacing(np.abs(numbers)) / 2
        share = float((np.minimum(rest, step - rest) <= blur).mean())
        odds = float(np.log(np.clip((2 * blur + 1) / step, 1e-300, 1)).sum())
    return share >= 0.99 and odds < np.log(CHANCE)


def ticks_not_nanoseconds(numbers: np.ndarray) -> bool:
    """Of numbers that are dates of the nineties in nanoseconds: are they ticks of today? Whole seconds are multiples of 10^7 in ticks and of
    10^9 in nanoseconds, whole milliseconds of 10^4 and of 10^6."""
    return not whole(numbers, 1e9) and (whole(numbers, 1e7) or not whole(numbers, 1e6))


def may_be(name: str, numbers: np.ndarray, clocks: Sequence[Clock], known: Unit | None = None) -> str:
    """A sentence on numbers that may count time in one of several ways, and how each becomes seconds since 1970."""
    ways = [
        f"{clock.unit.words} ({span(numbers, clock.unit)}; seconds since 1970 are {clock.seconds_are})"
        for clock in clocks
    ]
    if known is not None:
        ways.append(f"{known.words} ({span(numbers, known)})")
    return f"{name} holds numbers that look like {' or '.join(ways)}: write dates, or seconds since 1970, in their place"


def span(numbers: np.ndarray, unit: Unit) -> str:
    """The first and the last date of numbers in a unit."""
    ends = (numbers.min() * unit.seconds + unit.origin, numbers.max() * unit.seconds + unit.origin)
    first, last = (datetime.fromtimestamp(float(each), UTC).date() for each in ends)
    return f"{first} to {last}"
