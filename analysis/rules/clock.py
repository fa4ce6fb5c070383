"""When a record began, where its import kept that."""

from datetime import UTC, datetime
from pathlib import Path

from windtunnel.analysis.importers.forgotten import read_source


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
