"""Moments of a forum: comments, posts and times of day, beside what `--at` names everywhere."""

import re
from functools import partial

import polars as pl

from windtunnel.analysis.importers.imported.dates import date_words, is_date, minute_of, start_of
from windtunnel.analysis.incidents.forum.in_time import comments
from windtunnel.analysis.numbers_in_words import is_whole, number
from windtunnel.analysis.why.forum.case import ForumCase
from windtunnel.analysis.why.when import Moment, after_onset, exactly
from windtunnel.analysis.why.when import moment as generic

_TIME = re.compile(r"(?:(?:day\s*)?(\d+)d?[ ,]+)?(\d{1,2}):(\d\d)")


def right_after(case: ForumCase, step: int, what: str) -> Moment:
    """From the step after this one on: in a record right after what was written in its minute."""
    shown = step if case.real else step + 1
    return Moment(step + 1, shown, f"{case.said(shown)}, right after {what}")


def moment(case: ForumCase, at: str | None, default: Moment) -> Moment:
    """The moment that `--at` names.

    comment:N is right after the N-th reply of the incident's thread, POST right after that post, onset-N so
    many steps before the onset, a time is the run's or the record's own clock, of a record also a date (UTC), a small number
    a step.
    """
    dated = partial(_dated, start_of(case.out)) if case.real else None  # type: ignore[attr-defined]
    return generic(case, at, default, partial(named_moment, case), dated)


def _dated(start: int | None, minute: int) -> str:
    return date_words(minute, start) + (" UTC" if start is not None else "")


def named_moment(case: ForumCase, at: str) -> Moment:
    """The moment of these words, whether the case has it or not; `ValueError` for words that are none."""
    if match := re.fullmatch(r"comment:(\d+)", at):
        replies, count = comments(case.written, case.incident), int(match[1])
        if not 1 <= count <= replies.height:
            raise ValueError(f"--at {at}: the incident's thread has {number(replies.height, 'comment')}")
        return right_after(case, int(replies["step"][count - 1]), f"comment {count}")
    if found := after_onset(case, at):
        return found
    if match := _TIME.fullmatch(at):
        day, hour, minute = int(match[1] or 1), int(match[2]), int(match[3])
        if hour > 23 or minute > 59 or day < 1:
            raise ValueError(
                f"--at {at!r} is no time: days count from 1, hours from 0 to 23, minutes from 0 to 59"
            )
        return exactly(case, round((24 * (day - 1) + hour + minute / 60) / case.hours))
    if case.real and is_date(at):
        return exactly(case, minute_of(at, start_of(case.out), case.out))  # type: ignore[attr-defined]
    if is_whole(at):
        written = case.written.filter(pl.col("post") == int(at))
        if written.is_empty():
            return exactly(case, int(at))
        return right_after(case, int(written["step"][0]), f"post {at}")
    raise ValueError(
        f"--at {at!r} is no moment: write comment:12, onset-3, a post's id, a step, a time such as 'day 2, 13:00', or of a real "
        "thread a date as 2024-01-05T13:00"
    )
