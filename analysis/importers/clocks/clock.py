"""Decides for a whole column of times what its numbers count in, and says what was decided."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple

import numpy as np

from windtunnel.analysis.importers.clocks.other_clocks import (
    APPLE,
    TICKS,
    dates_in,
    looks_like_snowflakes,
    may_be,
    other_clocks,
    ticks_not_nanoseconds,
    whole,
)
from windtunnel.analysis.importers.clocks.times import (
    DAY,
    EARLIEST,
    FIRST_YEAR,
    FREAKS,
    LAST_YEAR,
    LATEST,
    NANOSECONDS,
    SECONDS,
    SPREADSHEET,
    UNITS,
    Bare,
    EitherWay,
    SinceStart,
    Unit,
    When,
)
from windtunnel.analysis.numbers_in_words import counted

NONE, KNOWN, BARE, EITHER, SINCE_START = range(5)
"""How a time was written: not at all; as a date; as a number; as a date that can be read two ways; as minutes of a record's own."""


UNUSUAL = 883_612_800
"""Unix seconds of 1998: what ends before is said, since seconds since 2001 look like seconds of the nineties."""


class Kind(NamedTuple):
    """What numbers a column may hold. `earliest` is the first second that its platform knew; `own_start`: whether numbers
    that are no dates may count seconds from a start of their own, near 0 or anywhere; `spreadsheet`: it may come from one;
    `advice`: what is added where they count seconds."""

    earliest: float = EARLIEST
    own_start: Literal["no", "at 0", "anywhere"] = "no"
    spreadsheet: bool = False
    name: str = "time"
    advice: str = ""


class Settled(NamedTuple):
    """Seconds of each time (NaN where it is a fault or missing), the fault of those that have one, what to say, and what the column is.

    `scale` is `dates` (seconds since 1970), `own` (seconds from some start) or `none` (not one time is there).
    """

    seconds: np.ndarray
    faults: dict[int, str]
    said: tuple[str, ...]
    scale: Literal["dates", "own", "none"]


def written(time: When) -> tuple[float, int]:
    """A time as a number and how it was written, as columns hold them."""
    if time is None:
        return np.nan, NONE
    if isinstance(time, Bare):
        return float(time), BARE
    if isinstance(time, EitherWay):
        return time.day_first, EITHER
    if isinstance(time, SinceStart):
        return float(time), SINCE_START
    return float(time), KNOWN


def settle(values: np.ndarray, form: np.ndarray, months: Mapping[int, float], kind: Kind) -> Settled:
    """The times of a column whose values (n,) stand in `form` (n,); `months` has the month-first reading of rows of `EITHER`.

    Raises `ValueError` where numbers fit no unit or two, or dates can be read both ways.
    """
    seconds, faults, said = values.astype(float), dict[int, str](), list[str]()
    scale: Literal["dates", "own", "none"] = "dates"
    if (form == SINCE_START).any():
        _refuse_epochs(seconds[form == SINCE_START], kind)
        scale = "own"
    bare = np.flatnonzero(form == BARE)
    if len(bare):
        unit = _unit(seconds[bare], kind, beside_dates=bool((form == KNOWN).sum() > len(bare) / 2))
        if unit is None:
            scale = "own"
            seconds[bare[np.abs(seconds[bare]) >= LATEST]] = np.nan
            said.append(
                f"{kind.name} holds numbers that are no dates: read as seconds from a start of their own{kind.advice}"
            )
        else:
            seconds[bare] = seconds[bare] * unit.seconds + unit.origin
            if unit.seconds == DAY:  # a fraction of a day has no exact seconds
                seconds[bare] = seconds[bare].round()
            good = seconds[bare][_dates(seconds[bare], kind)]
            if len(good) and (unit is not SECONDS or good.max() < UNUSUAL):
                said.append(_in_unit(kind, unit, good))
    either = np.flatnonzero(form == EITHER)
    if len(either):
        day_first = _day_first(seconds[either], np.array([months[row] for row in either.tolist()]), kind)
        if not day_first:
            seconds[either] = [months[row] for row in either.tolist()]
        order = "the day" if day_first else "the month"
        said.append(
            f"dates of {kind.name} are read with {order} first: not all of them make sense the other way"
        )
    if scale == "dates":
        dated = (form != NONE) & ~((seconds >= kind.earliest) & (seconds < LATEST))
        first = max(FIRST_YEAR, datetime.fromtimestamp(kind.earliest, UTC).year)
        faults |= dict.fromkeys(
            np.flatnonzero(dated).tolist(), f"{kind.name} is a date before {first} or after {LAST_YEAR}"
        )
    else:
        lost = np.flatnonzero((form != NONE) & ~np.isfinite(seconds)).tolist()
        faults |= dict.fromkeys(lost, f"{kind.name} is not a time in seconds")
    if scale == "dates":
        said += far_off(seconds[(form != NONE) & (seconds >= kind.earliest) & (seconds < LATEST)], kind.name)
    missing = np.flatnonzero(form == NONE).tolist()
    if len(missing) == len(form):
        return Settled(seconds, {}, (), "none")
    faults |= dict.fromkeys(missing, f"no {kind.name}")
    seconds[list(faults)] = np.nan
    return Settled(seconds, faults, tuple(said), scale)


GAP = 5
"""A few times that stand apart by so many times what all others span, and a year at least, are said to."""


def far_off(seconds: np.ndarray, name: str) -> list[str]:
    """Dates of tomorrow or later, and one in a hundred at most that lies years from all others: kept, and said."""
    now, said = datetime.now(UTC).timestamp() + DAY, list[str]()
    if later := int((seconds > now).sum()):
        last = datetime.fromtimestamp(float(seconds.max()), UTC).date()
        said.append(counted(later, f"dates of {name} are after today (the last is {last}): kept as they are"))
    ordered = np.sort(seconds[seconds <= now])
    few = max(1, int(FREAKS * len(ordered)))
    if len(ordered) < 10:
        return said
    for part, rest, side in (
        (ordered[:few], ordered[few:], "before"),
        (ordered[-few:], ordered[:-few], "after"),
    ):
        gaps = np.diff(np.append(part, rest[0]) if side == "before" else np.append(rest[-1], part))
        widest = int(gaps.argmax())
        if gaps[widest] > max(GAP * float(np.ptp(rest)), 365 * DAY):
            count = widest + 1 if side == "before" else len(part) - widest
            years = f"{gaps[widest] / (365.25 * DAY):.0f} years"
            said.append(counted(count, f"dates of {name} lie {years} {side} all others: kept as they are"))
    return said


def settle_list(times: Sequence[When], kind: Kind) -> Settled:
    """As `settle`, of a list of times as they were read."""
    pairs = [written(time) for time in times]
    months = {row: time.month_first for row, time in enumerate(times) if isinstance(time, EitherWay)}
    values, form = (np.array([pair[at] for pair in pairs], dtype) for at, dtype in ((0, float), (1, np.int8)))
    return settle(values, form, months, kind)


def _unit(numbers: np.ndarray, kind: Kind, *, beside_dates: bool) -> Unit | None:
    """The unit in which alone the column holds dates; None for seconds from a start of its own.

    Of the units of since 1970 the one in which most numbers are dates, if next to none are dates in another; days of a
    spreadsheet only where all are, since small numbers may count anything. `beside_dates`: most other cells are dates.
    """
    units = (*UNITS, SPREADSHEET) if kind.spreadsheet else UNITS
    known = numbers[(numbers != 0) & (numbers != -1)]
    with np.errstate(over="ignore"):  # what is beyond all numbers is no date
        fitting = {unit: int(_dates(known * unit.seconds + unit.origin, kind).sum()) for unit in units}
    found = sorted(UNITS, key=lambda unit: -fitting[unit])
    best, others = found[0], sum(fitting[unit] for unit in found[1:])
    few = FREAKS * len(known)
    if kind.spreadsheet and len(known) and len(known) - fitting[SPREADSHEET] <= few:
        _refuse_modified(known, kind)
        return SPREADSHEET
    if others > few:
        mixed = " and ".join(f"{unit.words} ({fitting[unit]:,})" for unit in found if fitting[unit])
        raise ValueError(f"{kind.name} mixes {mixed}: write all of it in one unit")
    if beside_dates or 2 * fitting[best] >= len(known) and fitting[best]:
        return _nanoseconds_or(known, kind) if best is NANOSECONDS else best
    if not fitting[best] and _own_start(numbers, kind):
        return None
    if not fitting[best] and kind.spreadsheet and (clocks := other_clocks(known)):
        if len(clocks) > 1 or not clocks[0].read:
            raise ValueError(may_be(kind.name, known, clocks))
        return clocks[0].unit
    raise ValueError(
        f"{kind.name} holds numbers that are dates from {FIRST_YEAR} to {LAST_YEAR} neither in {_listed(units)}"
        + (": if they count minutes from a start of their own, map the column as minute=" * kind.spreadsheet)
    )


def _nanoseconds_or(numbers: np.ndarray, kind: Kind) -> Unit:
    """Nanoseconds, unless the numbers are ticks; `ValueError` where they may be ids that hold their time."""
    clocks = other_clocks(numbers)
    if TICKS in clocks and ticks_not_nanoseconds(numbers) and not looks_like_snowflakes(numbers):
        return TICKS.unit
    if clocks and clocks != [TICKS] and not whole(numbers, 1e6):
        raise ValueError(may_be(kind.name, numbers, clocks, NANOSECONDS))
    return NANOSECONDS


def _refuse_modified(numbers: np.ndarray, kind: Kind) -> None:
    """`ValueError` for days that are far in the future as a spreadsheet's and past as astronomers'."""
    clocks = other_clocks(numbers)
    if clocks and not dates_in(numbers, SPREADSHEET):
        raise ValueError(may_be(kind.name, numbers, clocks, SPREADSHEET))


def _own_start(numbers: np.ndarray, kind: Kind) -> bool:
    """Whether numbers may count seconds from a start of their own."""
    near = numbers[np.abs(numbers) < LATEST]
    if kind.own_start == "no" or 2 * len(near) < len(numbers) or np.ptp(near) > LATEST - EARLIEST:
        return False
    return kind.own_start == "anywhere" or 0 <= float(near.min()) < DAY


def _dates(seconds: np.ndarray, kind: Kind) -> np.ndarray:
    return (seconds >= kind.earliest) & (seconds < LATEST)


def _listed(units: Iterable[Unit]) -> str:
    words = [unit.words for unit in units]
    return f"{', '.join(words[:-1])} nor {words[-1]}"


def _in_unit(kind: Kind, unit: Unit, seconds: np.ndarray) -> str:
    first, last = (datetime.fromtimestamp(float(each), UTC).date() for each in (seconds.min(), seconds.max()))
    alone = ", in which alone it holds dates" if unit in (*UNITS, SPREADSHEET) else ""
    said = f"{kind.name} is read as {unit.words}{alone} ({first} to {last})"
    if unit in UNITS and seconds.max() < UNUSUAL:
        first, last = (
            datetime.fromtimestamp(float(each) + APPLE, UTC).date() for each in (seconds.min(), seconds.max())
        )
        said += f"; counted from 2001, as Apple does, it would be {first} to {last}: add {APPLE:,} seconds where that is meant"
    return said


def _day_first(day_first: np.ndarray, month_first: np.ndarray, kind: Kind) -> bool:
    """Whether the day comes first in a column of dates such as 03/04/2023; `ValueError` where the column does not tell."""
    by_day, by_month = not np.isnan(day_first).any(), not np.isnan(month_first).any()
    if by_day == by_month:
        raise ValueError(
            f"dates of {kind.name} such as 03/04/2023 "
            + (
                "can be read day first and month first"
                if by_day
                else "come day first and month first in one column"
            )
            + ": write them as 2023-04-03"
        )
    return by_day


def _refuse_epochs(seconds: np.ndarray, kind: Kind) -> None:
    """`ValueError` for minutes that are no minutes but numbers of seconds or less since 1970."""
    minutes = seconds / 60
    for unit in UNITS:
        if len(minutes) and _dates(minutes * unit.seconds, kind).all():
            raise ValueError(
                f"minute holds {unit.words} since 1970, not minutes: map the column as time= instead"
            )
    if np.ptp(minutes) > (LATEST - EARLIEST) / 60:
        raise ValueError(f"minute spans {np.ptp(minutes) / 525_960:,.0f} years: it cannot count minutes")
