"""Dates of a record: when it began, where its import kept that, and which minute a date is."""

import re
from datetime import UTC, datetime
from pathlib import Path

from windtunnel.analysis.importers.imported.source import read_source


def start_of(folder: Path) -> int | None:
    """Minute 0 of the record in whole minutes since 1970 (UTC); None where import.json does not say."""
    said = read_source(folder).get("start")
    if not isinstance(said, str):
        return None
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return None
    return int(found.replace(tzinfo=found.tzinfo or UTC).timestamp() // 60)


def date_words(minute: int, start: int | None) -> str:
    """A minute of the record as a date, or where its clock is not known as a day counted from its beginning.

    >>> date_words(1500, 0), date_words(1500, None)
    ('1970-01-02 01:00', 'day 2, 01:00')
    """
    if start is None:
        return f"day {minute // 1440 + 1}, {minute % 1440 // 60:02d}:{minute % 60:02d}"
    return datetime.fromtimestamp((minute + start) * 60, UTC).strftime("%Y-%m-%d %H:%M")


_DAY = re.compile(r"(?:day\s*)?(\d+)d?(?:[ ,]+(\d{1,2}):(\d\d))?")
_TIME = r"[ T](?P<clock>\d{1,2}:\d\d)(?::\d\d(?:\.\d+)?)?(?: ?(?P<zone>[+-]\d\d:?\d\d))?"
_DATE = re.compile(rf"(?P<day>\d{{4}}-\d\d-\d\d)(?:{_TIME})?(?: ?(?:Z|UTC))?")


def is_date(words: str) -> bool:
    """Does it have the form of a date?"""
    return _DATE.fullmatch(words.strip()) is not None


def minute_of(words: str, start: int | None, folder: Path | str) -> int:
    """The minute of the record that a date is (UTC, or with its zone as +02:00), or "day 12, 13:00" counted from its beginning.

    `ValueError` for other words, and for a date where the import did not keep when the record began.

    >>> minute_of("1970-01-02T03:00:15+02:00", 0, "out"), minute_of("day 2", None, "out")
    (1500, 1440)
    """
    said = words.strip()
    if match := _DAY.fullmatch(said):
        return (int(match[1]) - 1) * 1440 + int(match[2] or 0) * 60 + int(match[3] or 0)
    match = _DATE.fullmatch(said)
    if match is None:
        raise ValueError(
            f"{words!r} is no date: write 2024-01-05, 2024-01-05T13:00, or day 12, counted from the beginning"
        )
    if start is None:
        raise ValueError(
            f"{folder} does not say when its record began, since it has no dates or was imported by an earlier version: import it "
            "again, or give a day counted from its beginning, as 'day 12'"
        )
    try:
        clock, zone = (match["clock"] or "00:00").zfill(5), match["zone"] or "+00:00"
        found = datetime.fromisoformat(f"{match['day']}T{clock}{zone}")
    except ValueError:
        raise ValueError(f"{words!r} is no day that there is") from None
    return int(found.timestamp() // 60) - start
