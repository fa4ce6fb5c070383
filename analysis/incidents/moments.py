"""Moments in people's words."""

from windtunnel.analysis.importers.imported.dates import date_words


def moment_words(step: int, hours: float, start: int | None = None) -> str:
    """A step as days, hours and minutes since the beginning, with its date where it is known when that was: `start` minutes after
    1970 (UTC), as `importers.imported.dates.start_of` gives it of a record.

    >>> moment_words(30, 1.0), moment_words(1500, 1 / 60, 0)
    ('day 2, 06:00', 'day 2, 01:00 (1970-01-02 01:00 UTC)')
    """
    minutes = round(step * hours * 60)
    day = date_words(minutes, None)
    return day if start is None else f"{day} ({date_words(minutes, start)} UTC)"


def moment_cell(step: int, hours: float, start: int | None) -> str:
    """A step in a table: its date (UTC) alone where that is known, else as `moment_words` says it.

    >>> moment_cell(1500, 1 / 60, 0), moment_cell(1500, 1 / 60, None)
    ('1970-01-02 01:00', 'day 2, 01:00')
    """
    return date_words(round(step * hours * 60), start)


def step_words(step: int, noun: str) -> str:
    """A step by the community's own name for one, counted from 1, and as the tables count it.

    >>> step_words(3, "month"), step_words(3, "step")
    ('month 4 (step 3)', 'step 3')
    """
    return f"step {step}" if noun == "step" else f"{noun} {step + 1} (step {step})"
