"""Moments: what `--at` names in a community of any kind, and how a moment is said."""

import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from windtunnel.analysis.numbers_in_words import is_whole
from windtunnel.analysis.why.case import Case


class Moment(NamedTuple):
    """From step `at` on; it is printed as step `shown` (an act right after another has that one's time), in `words`."""

    at: int
    shown: int
    words: str


def exactly(case: Case, step: int) -> Moment:
    """From the beginning of this step on."""
    return Moment(step, step, case.said(step))


def moment(
    case: Case,
    at: str | None,
    default: Moment,
    named: Callable[[str], Moment] | None = None,
    dated: Callable[[int], str] | None = None,
) -> Moment:
    """The moment that `--at` names: a step, or onset-N, so many steps before the onset.

    `named` is what else a community knows by name, `dated` the date of a step of a record. `ValueError` for another
    word, or a moment outside of the run.
    """
    found = default if at is None else (named or partial(onset_or_step, case))(at)
    if not case.first <= found.at <= case.last:
        asked = "the moment asked about" if at is None else f"--at {at}"
        if dated is not None:
            side = "before" if found.at < case.first else "after"
            raise ValueError(
                f"{asked} is {dated(found.at)}, {side} what can be asked about here: {dated(case.first)} to {dated(case.last)}"
            )
        first, last = (case.said(step) for step in (case.first, case.last))
        raise ValueError(
            f"{asked} is step {found.at}, outside of {case.first} to {case.last} ({first} to {last})"
        )
    return found


def after_onset(case: Case, at: str) -> Moment | None:
    """What onset, onset-N or onset+N names; None for other words."""
    match = re.fullmatch(r"onset(?:([+-])(\d+))?", at)
    if match is None:
        return None
    return exactly(case, case.incident.onset + int(f"{match[1] or '+'}{match[2] or 0}"))


def onset_or_step(case: Case, at: str) -> Moment:
    """The moment of these two sorts of words; `ValueError` for others.

    An onset-N that lies before the run is its beginning, and says so.
    """
    if found := after_onset(case, at):
        if found.at >= case.first:
            return found
        return Moment(case.first, case.first, f"{case.said(case.first)}, the beginning of the run,")
    if is_whole(at):
        return exactly(case, int(at))
    raise ValueError(f"--at {at!r} is no moment: write onset-3, or a step as a number, counted from 0")
