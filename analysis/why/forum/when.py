"""Moments: what `--at` names, and how a moment is said."""

import re
from typing import NamedTuple

import polars as pl

from windtunnel.analysis.incidents.forum.in_time import comments
from windtunnel.analysis.incidents.moments import moment_words
from windtunnel.analysis.why.case import Case

_TIME = re.compile(r"(?:(?:day\s*)?(\d+)d?[ ,]+)?(\d{1,2}):(\d\d)")


class Moment(NamedTuple):
    """From step `at` on; it is printed as step `shown` (an act right after a post has the post's own time), in `words`."""

    at: int
    shown: int
    words: str


def exactly(case: Case, step: int) -> Moment:
    """From the beginning of this step on."""
    return Moment(step, step, moment_words(step, case.hours))


def right_after(case: Case, step: int, what: str) -> Moment:
    """From the step after this one on: in a record right after what was written in its minute."""
    shown = step if case.real else step + 1
    return Moment(step + 1, shown, f"{moment_words(shown, case.hours)}, right after {what}")


def moment(case: Case, at: str | None, default: Moment) -> Moment:
    """The moment that `--at` names.

    comment:N is right after the N-th reply of the incident's thread, POST right after that post, onset-N so
    many steps before the onset, a time is the run's or the record's own clock, a small number a step.
    """
    found = default if at is None else _named(case, at)
    if not case.first <= found.at <= case.last:
        asked = "the moment asked about" if at is None else f"--at {at}"
        first, last = (moment_words(step, case.hours) for step in (case.first, case.last))
        raise ValueError(
            f"{asked} is step {found.at}, outside of {case.first} to {case.last} ({first} to {last})"
        )
    return found


def _named(case: Case, at: str) -> Moment:
    if match := re.fullmatch(r"comment:(\d+)", at):
        replies, count = comments(case.acts, case.incident), int(match[1])
        if not 1 <= count <= replies.height:
            raise ValueError(f"--at {at}: the incident's thread has {replies.height} comments")
        return right_after(case, int(replies["step"][count - 1]), f"comment {count}")
    if match := re.fullmatch(r"onset(?:([+-])(\d+))?", at):
        return exactly(case, case.incident.onset + int(f"{match[1] or '+'}{match[2] or 0}"))
    if match := _TIME.fullmatch(at):
        day, hour, minute = int(match[1] or 1), int(match[2]), int(match[3])
        return exactly(case, round((24 * (day - 1) + hour + minute / 60) / case.hours))
    if at.isdigit():
        written = case.acts.filter(pl.col("post") == int(at))
        if written.is_empty():
            return exactly(case, int(at))
        return right_after(case, int(written["step"][0]), f"post {at}")
    raise ValueError(
        f"--at {at!r} is no moment: write comment:12, onset-3, a post's id, a step, or a time such as 'day 2, 13:00'"
    )
