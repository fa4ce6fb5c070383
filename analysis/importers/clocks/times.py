"""The one place that reads times: what a cell may say, in which unit a column of numbers counts, and which years there are."""

import math
import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from windtunnel.analysis.importers.values.missing import empty

DAY = 86_400
FIRST_YEAR, LAST_YEAR = 1990, 2100
EARLIEST, LATEST = 631_152_000, 4_102_444_800
"""Unix seconds of those years' beginnings: one wrong date would stretch a record over decades."""


class Bare(float):
    """A number whose unit is not yet known: the whole column decides."""


class SinceStart(float):
    """Seconds since a start of the record's own."""


class EitherWay(NamedTuple):
    """A date such as 03/04/2023 in seconds, read with the day first and with the month first; NaN where there is no such day."""

    day_first: float
    month_first: float


When = float | Bare | SinceStart | EitherWay | None
"""A time as read: seconds since 1970, or what has to be decided for the whole column; None where there is none."""


class Unit(NamedTuple):
    """A unit of a column of numbers: a number n of it is `n * seconds + origin` seconds since 1970."""

    words: str
    seconds: float
    origin: float = 0.0


SECONDS = Unit("seconds", 1.0)
NANOSECONDS = Unit("nanoseconds", 1e-9)
UNITS = (SECONDS, Unit("milliseconds", 1e-3), Unit("microseconds", 1e-6), NANOSECONDS)
SPREADSHEET = Unit("days of a spreadsheet", DAY, -25_569.0 * DAY)
"""Days since 1899-12-30, as Excel and LibreOffice count them."""
FREAKS = 0.01
"""Up to this share of a column may be in another unit or none: those lines are faults, not a second unit."""

_NUMBER = re.compile(r"[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+")
_COMPACT = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_ZONE = re.compile(
    r"(?<=[\d.])\s*(?:UTC|GMT|Z)(?P<off>[+-]\d{1,2}(?::?\d{2})?)?$|\s+(?P<bare>[+-]\d{2}(?::?\d{2})?)$|\s*\[?(?P<place>[A-Z][A-Za-z_]+/[A-Za-z_/]+)\]?$",
    re.IGNORECASE,
)
_DATE_OF_JSON = re.compile(r"/?Date\((-?\d{1,15})(?:[+-]\d{4})?\)/?")
"""Milliseconds since 1970 as .NET writes them in JSON; the offset behind them is for showing alone."""
_AT_THE_END = re.compile(r"(?<=[T ])24:00(:00(?:\.0+)?)?$|(?<=\d:\d\d):60$")
"""Midnight at the end of a day, and a leap second: both are in ISO 8601 and the second after is meant."""
_LETTERS = frozenset(["UT", "UTC", "GMT", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"])
"""The zones that RFC 2822 knows by letters."""
_SLASHES = re.compile(
    r"(?P<a>\d{1,2})(?P<sign>[./-])(?P<b>\d{1,2})(?P=sign)(?P<year>\d{4})(?:,?\s+(?:at\s+)?|T)?"
    r"(?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
)


def start_words(seconds: float) -> str:
    """The minute of a Unix time, in UTC.

    >>> start_words(86_459.5)
    '1970-01-02T00:00Z'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%MZ")


def read_time(value: Any, field: str = "time") -> When:
    """What a cell says about time; None for an empty one, `ValueError` for one that says nothing known."""
    if type(value) is int and 10**8 <= value < 10**11:
        return Bare(float(value))  # most records: seconds, which no compact date is as long as
    if empty(value):
        return None
    if isinstance(value, datetime):
        return in_range((value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp(), field)
    if isinstance(value, date):
        return in_range(datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp(), field)
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        number = _finite(value, field)
        return _bare(str(int(number)) if number.is_integer() and abs(number) < 1e15 else "", number)
    if not isinstance(value, str):
        raise ValueError(f"{field} is neither a number nor a date")
    text = value.strip()
    if not text.isascii():
        text = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)
    if _NUMBER.fullmatch(text) and not _THOUSANDS.fullmatch(text):
        return _bare(text, _finite(text.replace(",", "."), field))
    found = _dated(text, field)
    return found if isinstance(found, EitherWay) else in_range(found, field)


def _finite(value: Any, field: str) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{field} is not a finite number")
    return number


def _bare(digits: str, number: float) -> When:
    """A date written as 20231114 (with or without 221320 after it), else a number."""
    if len(digits) in _COMPACT and digits.isdecimal():
        try:
            seconds = datetime.strptime(digits, _COMPACT[len(digits)]).replace(tzinfo=UTC).timestamp()
            if EARLIEST <= seconds < LATEST:
                return seconds
        except ValueError:
            pass
    return Bare(number)


def _dated(text: str, field: str) -> float | EitherWay:
    """Seconds of the text of a date and time, in UTC unless it names an offset or a place."""
    if counted := _DATE_OF_JSON.fullmatch(text):
        return int(counted[1]) / 1000
    found = _ZONE.search(text)
    head, offset, place = text, "", None
    if found:
        head, offset, place = text[: found.start()], found["off"] or found["bare"] or "Z", found["place"]
    if slashed := _SLASHES.fullmatch(head.strip()):
        shift = datetime.fromisoformat(f"2000-01-01T00:00{_offset(offset)}").utcoffset() if offset else None
        return _either(slashed, shift or timedelta(0))
    try:
        return _iso(head.strip(), offset, place)
    except (ValueError, OverflowError, KeyError, OSError):
        pass
    try:
        said = parsedate_to_datetime(text)
        if (zone := re.search(r"[A-Za-z]{2,}$", text)) and zone[0].upper() not in _LETTERS:
            raise ValueError
        return (said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        words = "is neither a number of seconds nor an ISO date and time"
        if _is_date_with_letters(text):
            words = "names its zone by letters that several zones have: write its offset, as +01:00"
        raise ValueError(f"{field} {words}") from None


def _is_date_with_letters(text: str) -> bool:
    head, blank, zone = text.rpartition(" ")
    try:
        return bool(blank) and 2 <= len(zone) <= 5 and zone.isalpha() and _iso(head.strip(), "", None) > 0
    except (ValueError, OverflowError):
        return False


def _iso(head: str, offset: str, place: str | None) -> float:
    if re.match(r"\d{4}/\d{1,2}/\d{1,2}", head):
        head = head.replace("/", "-", 2)
    head = re.sub(r"^(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)", lambda m: f"{m[1]}-{m[2]:0>2}-{m[3]:0>2}", head)
    if late := _AT_THE_END.search(head):
        night = late[0].startswith("24")
        head = head[: late.start()] + ("00:00" if night else ":59")
        return _iso(head, offset, place) + (DAY if night else 1)
    if place:
        return datetime.fromisoformat(head).replace(tzinfo=ZoneInfo(place)).timestamp()
    found = datetime.fromisoformat(head + _offset(offset))
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _offset(text: str) -> str:
    """An offset as ISO writes it: +1 is +01:00."""
    if text in ("", "Z"):
        return text
    digits = text[1:].replace(":", "")
    digits = f"{digits:0>2}" if len(digits) <= 2 else f"{digits:0>4}"
    return f"{text[0]}{digits[:2]}:{digits[2:] or '00'}"


def _either(found: re.Match[str], shift: timedelta) -> float | EitherWay:
    """A date with day and month in either order; with dots the day comes first."""
    clock = found["clock"] or "00:00"
    if found["half"]:
        hour, colon, rest = clock.partition(":")
        after = found["half"][0] in "pP"
        clock = f"{int(hour) % 12 + 12 * after:02d}{colon}{rest}"
    a, b, year = int(found["a"]), int(found["b"]), found["year"]

    clock = clock if clock.index(":") == 2 else f"0{clock}"

    def seconds(day: int, month: int) -> float:
        try:
            said = datetime.fromisoformat(f"{year}-{month:02d}-{day:02d}T{clock}")
        except ValueError:
            return math.nan
        return (said.replace(tzinfo=UTC) - shift).timestamp()

    day_first = seconds(a, b)
    if found["sign"] == "." and not math.isnan(day_first):
        return day_first
    month_first = seconds(b, a)
    if math.isnan(day_first) and math.isnan(month_first):
        raise ValueError("time is a date that there is not")
    return day_first if day_first == month_first else EitherWay(day_first, month_first)


def in_range(seconds: float, field: str) -> float:
    """Unix seconds within the years in which there were forums."""
    if not EARLIEST <= seconds < LATEST:
        raise ValueError(f"{field} is a date before {FIRST_YEAR} or after {LAST_YEAR}")
    return seconds


def moment(value: Any, field: str) -> float:
    """Unix seconds of an ISO date and time (UTC unless it says otherwise); `ValueError` out of range.

    >>> moment("2010-08-17T19:20:00.123Z", "created_at")
    1282072800.123
    """
    found = read_time(value, field)
    if found is None:
        raise ValueError(f"no {field}")
    if isinstance(found, (Bare, EitherWay)):
        raise ValueError(f"{field} is not an ISO date and time")
    return in_range(found, field)


def moment_or_none(value: Any) -> float | None:
    """As `moment`, None where there is no date that can be read."""
    try:
        return moment(value, "time")
    except ValueError:
        return None
