"""A record of posts in ticks: periods in which everybody may come in once, each with the acts that it ended in.

A tick has the minute of its acts and the hours since the tick before. An act of the thread that is asked about has its
own minute's tick; acts elsewhere share the tick of the period in which they came. What is answered within a tick stands
there beforehand or is answered in a tick of its own, so that everybody in a tick decides on the same state, as in a simulated hour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from windtunnel.sim.communities.forum.posts import MOST_STEPS, post_id

UNKNOWN = 0
"""Row of the member who stands for everybody whom the record does not name: it decides nothing."""
BEFORE = -1
"""Tick of an act that came before the record's first moment."""


class Tick(NamedTuple):
    """A period that ends at a minute. Its acts (rows) are decisions, or written as recorded before or after these."""

    minute: int
    hours: float
    decided: tuple[int, ...] = ()
    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()


@dataclass(frozen=True)
class Record:
    """A thread and what was written around it, one row an act; the first `own` rows are the thread's, in their order.

    Of a long thread the ticks may begin late: what it has before them came before, as what was written elsewhere did.
    `author` are rows of the members, UNKNOWN where nobody is named; `parent` is the row answered, -1 for an opening
    post (row 0 is the thread's); `thread` is the row of the opening post. `tick_of` is an act's tick, BEFORE for earlier
    ones. `exempt` are acts that came although a recorded act of a moderator forbade them: it did not bind their author.
    `orphan` are replies to what the record does not have: they stand below their thread's first post and answer nobody.
    """

    minute: np.ndarray
    author: np.ndarray
    parent: np.ndarray
    thread: np.ndarray
    tone: np.ndarray
    own: int
    ticks: tuple[Tick, ...]
    tick_of: np.ndarray
    exempt: np.ndarray
    orphan: np.ndarray

    def post_ids(self) -> np.ndarray:
        """The id that each recorded act has in every world."""
        rows = np.arange(len(self.minute))
        return post_id(self.author, np.where(self.decided(), self.tick_of, len(self.ticks) + rows))

    def decided(self) -> np.ndarray:
        """Bool (acts,): is a decision of a known member; the others are replayed as they are."""
        out = np.zeros(len(self.minute), bool)
        out[[act for tick in self.ticks for act in tick.decided]] = True
        return out


def record_of(
    minute: np.ndarray,
    author: np.ndarray,
    parent: np.ndarray,
    tone: np.ndarray,
    silent: int,
    *,
    own: int | None = None,
    past: int = 0,
    exempt: np.ndarray | None = None,
    orphan: np.ndarray | None = None,
    until: int = 0,
) -> Record:
    """A record whose silence up to the minute `until` is broken into about `silent` ticks; columns as in `Record`.

    The first `past` of the thread's own acts come before the first tick; the next one is of a later minute than these. Raises
    `ValueError` where there are more ticks and acts than ids have room for.
    """
    count = len(minute)
    own = count if own is None else own
    free = np.zeros(count, bool) if exempt is None else exempt
    can = (author != UNKNOWN) & (parent >= 0) & ~free
    moments = _own_moments(range(past, own), minute, author, parent, can)
    moments = _with_silence(moments, max(until, moments[-1][0]), silent, _grain(minute))
    ticks, tick_of = _filled(moments, minute, author, parent, can, own)
    if len(ticks) + count > MOST_STEPS:
        raise ValueError(f"{count} posts are too many for one record: post ids have room for {MOST_STEPS}")
    alone = np.zeros(count, bool) if orphan is None else orphan
    return Record(minute, author, parent, _threads(parent), tone, own, ticks, tick_of, free, alone)


Moment = tuple[int, float, list[int]]
"""A tick on its way: minute, hours, the thread's own acts."""


def _own_moments(
    acts: range, minute: np.ndarray, author: np.ndarray, parent: np.ndarray, can: np.ndarray
) -> list[Moment]:
    """A moment a minute; one more where an act answers another of its minute, or somebody acts twice."""
    moments: list[Moment] = []
    for act in acts:
        at = int(minute[act])
        here = moments[-1][2] if moments and moments[-1][0] == at else None
        again = here is not None and any(author[act] == author[other] and can[other] for other in here)
        answers = here is not None and parent[act] in here and parent[act] != 0
        if here is None or (can[act] and again) or answers:
            moments.append((at, 0.0, [act]))
        else:
            here.append(act)
    return moments


def _grain(minute: np.ndarray) -> int:
    """Minutes that the record's times are multiples of: 60 where only the hour is known."""
    return max(int(np.gcd.reduce(np.diff(np.unique(minute)))) if len(np.unique(minute)) > 1 else 1, 1)


def _with_silence(moments: list[Moment], until: int, silent: int, grain: int) -> list[Moment]:
    """The moments with hours, and silent ones where nothing was written for long."""
    first = moments[0][0]
    length = max((until - first) / silent, grain)
    known = sorted({at for at, _, _ in moments} | {until})
    times = [first]
    for before, at in pairwise(known):
        parts = max(1, round((at - before) / length))
        times += [round(before + (at - before) * part / parts) for part in range(1, parts + 1)]
    gap = dict(zip(times, np.diff([first - min(grain, 60), *times]).tolist(), strict=True))
    shares = {at: sum(1 for moment in moments if moment[0] == at) for at in gap}
    filled = [(at, gap[at] / 60 / shares[at], acts) for at, _, acts in moments]
    filled += [(at, gap[at] / 60, []) for at in gap if not shares[at]]
    return sorted(filled, key=lambda one: one[0])


def _filled(
    moments: list[Moment],
    minute: np.ndarray,
    author: np.ndarray,
    parent: np.ndarray,
    can: np.ndarray,
    own: int,
) -> tuple[tuple[Tick, ...], np.ndarray]:
    """Ticks of these moments with the acts elsewhere, and the tick of each act."""
    at = np.array([one[0] for one in moments])
    tick_of = np.searchsorted(at, minute)
    tick_of[minute < at[0]] = BEFORE
    for place, (_, _, acts) in enumerate(moments):
        tick_of[acts] = place
    at_once = np.zeros(len(minute), bool)  # opening posts that are answered within their minute
    answered = parent[parent >= 0]
    at_once[answered[minute[answered] == minute[parent >= 0]]] = True
    at_once[0] = True
    ticks = []
    order = np.argsort(tick_of, kind="stable")
    low = np.searchsorted(tick_of[order], np.arange(len(moments) + 1))
    for place, (at_minute, hours, _) in enumerate(moments):
        here = order[low[place] : low[place + 1]]
        ticks.append(Tick(at_minute, hours, *_sorted_out(here, author, parent, can, at_once, own)))
    return tuple(ticks), tick_of


def _sorted_out(
    acts: np.ndarray, author: np.ndarray, parent: np.ndarray, can: np.ndarray, at_once: np.ndarray, own: int
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """The acts of a tick that are decisions, those before and those after them; the thread's own come first."""
    decided: list[int] = []
    before: list[int] = []
    after: list[int] = []
    wrote: set[int] = set()
    for act in acts.tolist():
        if parent[act] < 0:
            (before if at_once[act] else after).append(act)
            wrote.add(int(author[act]))
        elif can[act] and (act < own or (parent[act] not in {*decided, *after} and author[act] not in wrote)):
            decided.append(act)
            wrote.add(int(author[act]))
        else:
            after.append(act)
            wrote.add(int(author[act]))
    return tuple(decided), tuple(before), tuple(after)


def _threads(parent: np.ndarray) -> np.ndarray:
    """The row of the opening post of each act's thread."""
    thread = np.arange(len(parent))
    up = np.where(parent >= 0, parent, thread)
    while (up[thread] != thread).any():
        thread = up[thread]
    return thread


def in_turn(parent: np.ndarray, acts: Sequence[int]) -> list[list[int]]:
    """Acts (rows) in their order, in parts none of which answers another of its own; `parent` is the row that each answers."""
    parts: list[list[int]] = [[]]
    for act in acts:
        if int(parent[act]) in parts[-1]:
            parts.append([])
        parts[-1].append(act)
    return parts
