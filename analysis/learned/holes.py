"""Finds spans of a record that show less than was written: threads and no replies, nothing at all for too long, or much at one time.

A dump may lack the comments of a month whose submissions it has (r/Feminism, days 63 to 93, is one), or may hold sampled days of
many years. A place that moved may bear one time on all that it brought along. Whoever counts such a span as silence learns that members fall silent.
"""

from typing import Literal, NamedTuple

import numpy as np

from windtunnel.analysis.importers.imported.lacking import at_one_time

LEAST_MINUTES = 2 * 24 * 60
"""Shorter spans are never holes: a quiet weekend is not a fault of the record."""
CHANCE = 1e-6
"""A span in which threads got no reply is a hole where so little chance, times the number of spans tried, is left to that."""
NEAR = 100
"""Threads, or posts, on either side of a span by which its own silence is judged."""
EXPECTED = 200
"""A span without posts is a hole where the record around it would have had so many."""


class Hole(NamedTuple):
    """A span of minutes, `first` included, `last` not. `kind`: `no replies` (threads were opened), `no posts`, or `one time` (a minute whose
    posts were written at other times). `threads`: how many were opened in it."""

    first: int
    last: int
    kind: Literal["no replies", "no posts", "one time"]
    threads: int

    @property
    def days(self) -> float:
        return (self.last - self.first) / 1440


def find_holes(minute: np.ndarray, opens: np.ndarray, thread: np.ndarray) -> tuple[Hole, ...]:
    """The holes of a record in order of time; rows (n,) in order of time, `opens` marks the first post of each thread.

    A span between two neighbouring replies (or the record's ends) is a hole where `LEAST_MINUTES` or more passed and threads
    were opened whose silence would be chance in less than one case of a million: each thread stays without a reply with the
    greater of the shares of the whole record and of the `NEAR` threads before and after the span. A span between two neighbouring posts is a hole where the rate around it (`NEAR` posts on either side) would have
    brought `EXPECTED` posts. A minute with far too many posts is one as well (`at_one_time`).
    """
    if len(minute) < 2 or opens.all():
        return ()
    moved = [Hole(at, at + 1, "one time", int((opens & (minute == at)).sum())) for at in at_one_time(minute)]
    found = [*_without_replies(minute, opens, thread), *_without_posts(minute), *moved]
    return tuple(sorted(found))


def _without_replies(minute: np.ndarray, opens: np.ndarray, thread: np.ndarray) -> list[Hole]:
    opened, replied = minute[opens], minute[~opens]
    lonely = (np.bincount(thread) == 1)[thread[opens]]
    ends = np.concatenate([[minute[0] - 1], replied, [minute[-1] + 1]])
    # A thread opened in the same minute as a reply lies in no span.
    begin = np.searchsorted(opened, ends[:-1], side="right")
    end = np.searchsorted(opened, ends[1:], side="left")
    tried = np.flatnonzero((end - begin > 0) & (np.diff(ends) >= LEAST_MINUTES))
    holes = []
    for span in tried.tolist():
        low, high = int(begin[span]), int(end[span])
        inside = high - low
        others = np.concatenate([lonely[:low], lonely[high:]])
        near = np.concatenate([lonely[max(0, low - NEAR) : low], lonely[high : high + NEAR]])
        if not len(others):
            continue
        silent = max((each.sum() + 1) / (len(each) + 2) for each in (others, near))
        if inside * np.log(silent) + np.log(max(len(tried), 1)) < np.log(CHANCE):
            holes.append(Hole(int(ends[span]) + 1, int(ends[span + 1]), "no replies", inside))
    return holes


def _without_posts(minute: np.ndarray) -> list[Hole]:
    gap = np.diff(minute)
    holes = []
    for at in np.flatnonzero(gap >= LEAST_MINUTES).tolist():
        before = minute[max(0, at - NEAR) : at + 1]
        after = minute[at + 1 : at + 2 + NEAR]
        rates = [
            (len(side) - 1) / max(float(side[-1] - side[0]), 1.0)
            for side in (before, after)
            if len(side) > NEAR // 2
        ]
        if rates and min(rates) * gap[at] >= EXPECTED:
            holes.append(Hole(int(minute[at]) + 1, int(minute[at + 1]), "no posts", 0))
    return holes
