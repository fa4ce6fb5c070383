"""The lasting hotness of a recorded thread, inferred from who came to it beside who was to be expected there."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from windtunnel.sim import noise
from windtunnel.sim.noise_key import NoiseKey

if TYPE_CHECKING:
    from windtunnel.sim.communities.forum.learned.recorded import LearnedRecordForum

GRID = np.linspace(-4.0, 6.0, 401)
"""Logs of hotness at which its law is taken."""


class Heat(NamedTuple):
    """What is known of the log of a thread's hotness: at the points of `GRID`, the chance that it lies below."""

    below: np.ndarray

    @property
    def mean(self) -> float:
        """Of the log of hotness."""
        return float(np.diff(self.below, prepend=0.0) @ GRID)


def heat_of(shape: float, odds: np.ndarray, taken: np.ndarray) -> Heat:
    """Hotness h given choices: by what is seen, the thread was chosen with these odds (n,) against all others; `taken` (n,): it was.

    Before them h has a gamma law of this shape and mean 1; a choice with odds o takes the thread with chance h o / (1 + h o).
    """
    log_odds = np.log(np.maximum(odds, 1e-12))[:, None] + GRID
    log_law = shape * (GRID - np.exp(GRID)) - np.logaddexp(0.0, log_odds).sum(axis=0) + taken.sum() * GRID
    law = np.exp(log_law - log_law.max())
    below = np.cumsum(law)
    return Heat(below / below[-1])


def log_hotness(heat: Heat, luck: NoiseKey, thread: int) -> float:
    """The log of the hotness that this luck draws for the thread of this id; the same after every fork."""
    lot = noise.uniform(luck.at(0), "hot", 0, np.array([thread]))[0]
    return float(np.interp(lot, heat.below, GRID))


class Watch:
    """Notes at each recorded reply that pays no debt how likely it was to go to the record's own thread, and whether it did."""

    def __init__(self, forum: "LearnedRecordForum") -> None:
        self.forum = forum
        self.odds: list[float] = []
        self.taken: list[bool] = []

    def begin(self, now: int) -> None:
        """A tick begins: what is seen of threads now is what its replies went by."""
        forum = self.forum
        self._offered = forum.offered(now)
        own = np.flatnonzero(forum.posts.id[self._offered.roots] == forum.own_id)
        self._own = int(own[0]) if len(own) else -1
        if self._own >= 0:
            nothing = np.zeros(len(forum.posts))
            self._threads = [
                forum.thread_scores(self._offered, now / 60, nothing, new) for new in (False, True)
            ]

    def reply(self, who: int, up: int, root: int) -> None:
        """A reply by the member `who` to the post `up` of the thread `root` (rows), before it is remembered."""
        forum, memory = self.forum, self.forum.memory
        debts = memory.debts
        if self._own < 0 or (debts.open & (debts.debtor == who) & (debts.post == up)).any():
            return
        roots, new = self._offered.roots, bool(memory.people.acts[who] == 0)
        thread = self._threads[new]
        if not new:
            thread = forum.with_own_threads(who, self._offered, thread)
        others = np.delete(thread, self._own)
        if root in roots and len(others):
            self.odds.append(float(np.exp(thread[self._own] - np.logaddexp.reduce(others))))
            self.taken.append(bool(forum.posts.id[root] == forum.own_id))
