"""The lasting hotness of a recorded thread, inferred from the replies that came to it beside those that were to be expected."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.special import gammaincinv

from windtunnel.sim import noise
from windtunnel.sim.noise_key import NoiseKey

if TYPE_CHECKING:
    from windtunnel.sim.communities.forum.learned.recorded import LearnedRecordForum


class Heat(NamedTuple):
    """What is known of a thread's lasting hotness: a gamma law of this shape and rate.

    Before anything is known shape and rate are both k, so that the mean is 1; n replies where e were expected, a Poisson number of
    mean e times the hotness, add n and e.
    """

    shape: float
    rate: float


def log_hotness(heat: Heat, luck: NoiseKey, thread: int) -> float:
    """The log of the hotness that this luck draws for the thread of this id; the same after every fork."""
    lot = noise.uniform(luck.at(0), "hot", 0, np.array([thread]))[0]
    return float(np.log(gammaincinv(heat.shape, lot) / heat.rate))


def expected_replies(forum: "LearnedRecordForum", world: Any) -> float:
    """How many replies, paid debts apart, this tick was to bring to the record's own thread by what is seen of it."""
    now, people, memory = world.now / 60, forum.memory.people, forum.memory
    offered = forum.offered(world.now)
    own = np.flatnonzero(forum.posts.id[offered.roots] == forum.own_id)
    if not len(own):
        return 0.0
    other = forum.comings(world.now, forum.tick.hours, world.acting()).other
    root, at, nothing = int(offered.roots[own[0]]), own[0], np.zeros(len(forum.posts))
    total = 0.0
    for new in (True, False):
        rows = np.flatnonzero((people.acts == 0) if new else (people.acts > 0) & ~people.unnamed)
        thread, _ = forum.common_scores(offered, now, nothing, new)
        share = np.full(len(rows), np.exp(thread[at] - np.logaddexp.reduce(thread)))
        if new:
            arrive = forum.law.newcomers.opens + forum.law.newcomers.replies
            opens = np.full(len(rows), forum.law.newcomers.opens / arrive if arrive else 0.0)
        else:
            opens = 1 / (1 + np.exp(-memory.opens(rows, now)))
            for place in np.flatnonzero([root in memory.inside.get(row, ()) for row in rows.tolist()]):
                mine = forum.with_own_threads(int(rows[place]), offered.roots, thread)
                share[place] = np.exp(mine[at] - np.logaddexp.reduce(mine))
        total += float((other[rows] * (1 - opens) * share).sum())
    return total
