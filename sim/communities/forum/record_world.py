"""A world that goes through the ticks of a record under the noise that the record implies."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from windtunnel.policies.base import Policy
from windtunnel.policies.forum.single_act import SingleAct
from windtunnel.sim import noise
from windtunnel.sim.communities.forum.feed import NOTHING
from windtunnel.sim.communities.forum.learned.arrivals import Causes
from windtunnel.sim.communities.forum.record import RecordForum
from windtunnel.sim.communities.forum.ticks import UNKNOWN
from windtunnel.sim.noise_key import NoiseKey
from windtunnel.sim.world import World

ATTEMPT = 1 << 32
"""Added to a member's id in the address of its chance, once for each time that it was drawn again."""


@dataclass
class Inferred:
    """Noise that the record implies, by tick.

    `attempt` (members,): how often a silent member's chance was drawn again until it agreed with its silence. Of the members who
    act: `choose` by row (actions,), `look` by row the posts (ids) that it saw with the Gumbel of each. Where the forum knows who comes:
    `causes`, what might have brought members in the record, and `raced`, the lots of those whom something brought.
    """

    attempt: dict[int, np.ndarray] = field(default_factory=dict)
    choose: dict[int, dict[int, np.ndarray]] = field(default_factory=dict)
    look: dict[int, dict[int, tuple[np.ndarray, np.ndarray]]] = field(default_factory=dict)
    causes: dict[int, Causes] = field(default_factory=dict)
    raced: dict[int, dict[int, tuple[float, dict[int, float]]]] = field(default_factory=dict)
    since: int = 0
    """The first tick of which it is known."""


class RecordWorld(World):
    """A world that runs through the ticks of a record under inferred noise, up to a fork of its luck if it has one."""

    community: RecordForum
    may_speak = False
    thread_alone = False
    """Whether its record's own thread is all that is asked for: then it is over once nothing can come or go there any more."""

    def __init__(
        self,
        forum: RecordForum,
        policies: Sequence[Policy],
        inferred: Inferred,
        *,
        luck: NoiseKey,
        arm: str = "baseline",
    ) -> None:
        super().__init__(forum, policies, luck=luck, arm=arm, step_hours=1 / 60)
        self.inferred = inferred
        self.now = forum.tick.minute
        forum.log_past(self.log)

    @property
    def known(self) -> bool:
        """Is the noise of this tick the record's, not a new draw?"""
        return self.luck.fork is None or self.now < self.luck.fork

    def begin_step(self) -> None:
        self.now = self.community.tick.minute
        super().begin_step()

    def _close(self) -> None:
        last = self.community.place == len(self.community.record.ticks) - 1
        self.over = last or (self.thread_alone and self._settled())
        super()._close()

    def _settled(self) -> bool:
        """Will the thread stay as it is: locked to the end, with no act of a moderator to come, and no reply that a lock did not bind."""
        forum, record = self.community, self.community.record
        row, own = forum.row_of(0), slice(record.own)
        locked = row != NOTHING and forum.posts.locked_until[row] > record.ticks[-1].minute
        free = record.exempt[own] & (record.tick_of[own] > forum.place)
        done = (isinstance(policy, SingleAct) and policy.is_over for policy in self.policies)
        return bool(locked) and not free.any() and all(done)

    def chance(self, purpose: str, ids: np.ndarray) -> np.ndarray:
        return noise.uniform(self.key, purpose, self.community.place, ids)

    def looks(self, rows: np.ndarray, posts: np.ndarray) -> np.ndarray:
        """New Gumbels, or those that the record implies: of silent members the attempt's, of an acting one what was inferred."""
        place = self.community.place
        found = noise.gumbel(self.key, "attend", place, self._lots(rows), posts)
        for row, (ids, values) in self.inferred.look.get(place, {}).items() if self.known else ():
            at = int(np.searchsorted(rows, row))
            if at < len(rows) and rows[at] == row:
                named = posts if posts.ndim == 1 else posts[at]
                where = np.minimum(np.searchsorted(ids, named), len(ids) - 1)
                found[at] = np.where(ids[where] == named, values[where], found[at])
        return found

    def order(self, ids: np.ndarray) -> np.ndarray:
        """As in any world; those whose acts the record has in this tick have the lots that put them in its order."""
        lot = self.chance("order", ids)
        named = self._in_order() if self.known and len(ids) > 1 else ids[:0]
        if len(named) > 1:
            given = dict(zip(named.tolist(), np.sort(self.chance("order", named)).tolist(), strict=True))
            lot = np.array(
                [given.get(one, drawn) for one, drawn in zip(ids.tolist(), lot.tolist(), strict=True)]
            )
        return np.argsort(lot, kind="stable")

    def _in_order(self) -> np.ndarray:
        """Ids of the members whose decisions the record has in this tick, in the order in which it has them."""
        record, acts = self.community.record, np.array(self.community.tick.decided, int)
        acts = acts[np.lexsort((acts, record.minute[acts]))]
        return self.community.members.id[record.author[acts]]

    def _lots(self, rows: np.ndarray) -> np.ndarray:
        """The numbers that address the chance of these members in this tick."""
        ids = self.community.members.id[rows]
        attempt = self.inferred.attempt.get(self.community.place) if self.known else None
        return ids if attempt is None else ids + attempt[rows] * ATTEMPT

    def authors(self) -> np.ndarray:
        """Rows of the members whose decisions the record has in this tick, ascending; they came in."""
        return np.sort(self.community.record.author[list(self.community.tick.decided)])

    def others(self) -> np.ndarray:
        """Rows of everybody else who may come in; not those whose acts of this tick are written as they are."""
        forum, tick = self.community, self.community.tick
        may = forum.members.present(self.now)
        may[UNKNOWN] = False
        if self.known:
            may[forum.record.author[[*tick.decided, *tick.before, *tick.after]]] = False
        return np.flatnonzero(may)

    def awake(self, rows: np.ndarray) -> np.ndarray:
        """Bool (n,): does chance bring these members in in this tick."""
        forum = self.community
        if forum.by_cause is not None:
            return forum.by_cause.who_comes(self, rows)
        lot = noise.uniform(self.key, "active", forum.place, self._lots(rows))
        came = lot < forum.comes_in(self.now, forum.tick.hours, self.acting())[rows]
        return np.asarray(came | self._acted()[rows])

    def _acted(self) -> np.ndarray:
        """Bool (members,): the record has a decision of this member in this tick."""
        acted = np.zeros(len(self.community.members), bool)
        if self.known:
            acted[self.authors()] = True
        return acted

    def _active(self) -> np.ndarray:
        may = self._acted() & self.community.members.present(self.now)
        may[self.others()] = True
        rows = np.flatnonzero(may)
        return rows[self.awake(rows)]

    def draw_of(self) -> None:
        """Nothing: what the record tells of chance is drawn by `_choose` alone."""
        return

    def _choose(self, rows: np.ndarray) -> np.ndarray:
        members, place = self._view.rows, self.community.place
        luck = noise.gumbel(self.key, "choose", place, self._lots(members), rows.shape[1])
        for row, values in self.inferred.choose.get(place, {}).items() if self.known else ():
            luck[members == row] = values
        return (luck + rows).argmax(axis=1)
