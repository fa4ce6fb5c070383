"""Choices of who, thread and post, gathered in one walk through a record: those to fit to and those held out."""

from typing import NamedTuple

import numpy as np

from windtunnel.analysis.learned.logit import Choices
from windtunnel.analysis.learned.parts import post, thread, who
from windtunnel.analysis.learned.record import CommunityRecord
from windtunnel.analysis.learned.sampling import evenly
from windtunnel.analysis.learned.walk import Walk

TRAIN_SHARE = 0.7
"""Share of the replies, the earliest, that coefficients are fitted to before they are scored on the later ones."""
MOST_FITTED, MOST_HELD = 3000, 1500
"""Acts of a part that are fitted to and held out at most; more are sampled evenly in time."""
LEAST_HISTORY = 200
"""Acts before which nothing is fitted, or a tenth of those that are fitted to if that is less: everybody looks new at the start."""


class Split(NamedTuple):
    """Choices of one part up to a time and after it."""

    fitted: Choices
    held: Choices


def train_until(record: CommunityRecord, share: float = TRAIN_SHARE) -> int:
    """First row that is held out, so that this share of the replies lies before it."""
    replies = np.flatnonzero(~record.opens)
    if len(replies) < 2:
        return len(record)
    return int(replies[int(len(replies) * share)])


def gather(
    record: CommunityRecord,
    parts: tuple[str, ...] = ("who", "thread", "post"),
    *,
    until: int | None = None,
    most_fitted: int = MOST_FITTED,
    most_held: int = MOST_HELD,
) -> dict[str, Split]:
    """The choices of the named parts before and after the row `until`, sampled evenly in time where there are more than asked."""
    cut = train_until(record) if until is None else until
    modules = {"who": who, "thread": thread, "post": post}
    rows: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for part in parts:
        every = modules[part].acts(record)
        every = every[every >= min(LEAST_HISTORY, cut // 10)]
        rows[part] = (evenly(every[every < cut], most_fitted), evenly(every[every >= cut], most_held))
    made: dict[str, list[tuple[int, np.ndarray, int]]] = {part: [] for part in parts}
    wanted: dict[int, list[str]] = {}
    for part, both in rows.items():
        for row in np.concatenate(both).tolist():
            wanted.setdefault(row, []).append(part)
    walk, someone, older = Walk(record), who.SomebodyElse(), thread.Older()
    for row in walk.through(np.array(sorted(wanted), np.int64)):
        for part in wanted[row]:
            if part == "who":
                x, taken = who.options(walk, row, someone)
            elif part == "thread":
                x, taken = thread.options(walk, row, older)
            else:
                x, taken = post.options(walk, row)
            made[part].append((row, x, taken))
    found = {}
    for part in parts:
        choices = _choices(record, made[part], modules[part].NAMES)
        early = choices.row < cut
        found[part] = Split(choices.only(early), choices.only(~early))
    return found


def _choices(
    record: CommunityRecord, made: list[tuple[int, np.ndarray, int]], names: tuple[str, ...]
) -> Choices:
    row = np.array([each[0] for each in made], np.int64)
    start = np.concatenate([[0], np.cumsum([len(each[1]) for each in made])]).astype(np.int64)
    x = np.concatenate([each[1] for each in made]) if made else np.zeros((0, len(names)), np.float32)
    taken = start[:-1] + np.array([each[2] for each in made], np.int64)
    return Choices(x, start, taken, record.thread[row], row, names)
