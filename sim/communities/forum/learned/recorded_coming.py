"""Who comes in a tick of a record with learned members, and for what: rates by the law, chance cause by cause (`arrivals`)."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from windtunnel.policies.base import Policy
from windtunnel.sim import noise
from windtunnel.sim.communities.forum.learned import arrivals
from windtunnel.sim.communities.forum.learned.arrivals import OTHER, Causes
from windtunnel.sim.communities.forum.learned.law import Law
from windtunnel.sim.communities.forum.learned.memory import mean_rate
from windtunnel.sim.communities.forum.learned.remembered import RememberedRecord
from windtunnel.sim.communities.forum.record import ByCause
from windtunnel.sim.communities.forum.ticks import UNKNOWN

MOMENTS = (0.1, 0.5, 0.9)
"""Parts of a tick, counted back from its end, at which rates are taken; what counts is their mean."""
LEAST = 1e-9
"""Least expected number of comings in a tick, so that whoever came could have come."""


class Comings(NamedTuple):
    """How many times each is expected in a tick: for a debt (`owes`, of the `debts`), and for anything else (`other`, (members,))."""

    debts: np.ndarray
    owes: np.ndarray
    other: np.ndarray


class RecordedComing(RememberedRecord):
    """The forum of a record in which members come to pay a debt or for anything else."""

    law: Law
    pace: float
    draws: dict[str, float]
    strangers: int
    spare: np.ndarray
    _coming: tuple[tuple[int, float], Comings] | None
    _addresses: np.ndarray
    """Of each debt: the pair of its debtor and the post that it owes an answer."""
    _touched: np.ndarray
    """In which tick of this hour each member (members,) was touched last."""
    _cause: np.ndarray
    """What each member (members,) came for in this tick, if it did."""

    @property
    def by_cause(self) -> ByCause:
        return self

    def rhythm(self, step: int) -> float:
        return self.law.rhythm[int(step * self.hours) % 24]

    def open_step(self, world: Any) -> None:
        self._coming = None
        self._note_touched()
        self.memory.forget(self.tick.minute / 60)
        super().open_step(world)

    def comes_in(self, now: int, hours: float, acting: Sequence[Policy] = ()) -> np.ndarray:
        """The chance (members,) to come within the `hours` up to now."""
        found = self.comings(now, hours, acting)
        total = found.other.copy()
        np.add.at(total, self.memory.debts.debtor[found.debts], found.owes)
        return -np.expm1(-np.maximum(total, LEAST))

    def comings(self, now: int, hours: float, acting: Sequence[Policy] = ()) -> Comings:
        """What may bring members in this tick; of a debt whose thread is locked nothing."""
        if self._coming is not None and self._coming[0] == (now, hours):
            return self._coming[1]
        memory, posts = self.memory, self.posts
        people, debts = memory.people, memory.debts
        spell = max(hours, self.hours)
        at = [now / 60 - spell * part for part in MOMENTS]
        length = spell * np.mean([self.law.rhythm[int(hour) % 24] for hour in at])
        debt = np.flatnonzero(debts.open & (debts.debtor != UNKNOWN))
        debt = debt[posts.locked_until[posts.thread[debts.post[debt]]] <= now]
        owes = length * mean_rate(memory.owes, debt, at)
        other = np.zeros(len(self.members))
        old = np.flatnonzero((people.acts > 0) & ~people.unnamed)
        other[old] = mean_rate(memory.comes, old, at) * length * self.pace
        new = np.flatnonzero(people.acts == 0)
        arrive = self.law.newcomers.opens + self.law.newcomers.replies
        other[new] = arrive * length * self.pace / self.strangers
        more = new[self.spare[new]]
        other[more] += arrive * self._drawn_in(acting) * length * self.pace / max(len(more), 1)
        found = Comings(debt, owes, np.maximum(other, LEAST))
        self._coming = (now, hours), found
        return found

    def _drawn_in(self, acting: Sequence[Policy]) -> float:
        """How many more newcomers notices draw in, in parts of those who come without them."""
        times = 1.0
        for name, log_rate in self.draws.items():
            missed = np.prod([1 - policy.noticed() for policy in acting if name in policy.raised()])
            times *= 1 + (1 - float(missed)) * np.expm1(log_rate)
        return times - 1

    def _note_touched(self) -> None:
        """Whoever was touched in the tick before has other lots from now on, until the hour ends."""
        touched, ticks, place = self.memory.touched, self.record.ticks, self.place
        if place and ticks[place].minute // 60 == ticks[place - 1].minute // 60:
            self._touched[sorted(touched)] = place - 1
        else:
            self._touched[:] = arrivals.NOT_TOUCHED
        touched.clear()

    def causes(self, world: Any) -> Causes:
        """What may bring members in this tick."""
        found = self.comings(world.now, self.tick.hours, world.acting())
        debts, known = self.memory.debts, len(self._addresses)
        if known < debts.count:
            who, post = debts.debtor[known:], debts.post[known:]
            new = noise.pair(self.members.id[who], self.posts.id[post])
            self._addresses = np.concatenate([self._addresses, new])
        owes, address = np.maximum(found.owes, LEAST), self._addresses[found.debts]
        return Causes(
            found.debts, debts.debtor[found.debts], address, owes, found.other, self._touched.copy()
        )

    def who_comes(self, world: Any, may: np.ndarray) -> np.ndarray:
        """Bool (n,): which of the members `may` (rows) come in this tick, each for what its lots bring first."""
        causes = self.causes(world)
        lots = arrivals.lots(world.key, self.place, self.members.id, causes)
        if world.known and (recorded := world.inferred.causes.get(self.place)) is not None:
            raced = world.inferred.raced.get(self.place, {})
            lots = arrivals.lots_given(*lots, causes, recorded, raced)
        self._cause = arrivals.first(causes, *lots)
        came = self._cause[may] != arrivals.STAYS
        self.memory.touched.update(may[came].tolist())
        return np.asarray(came)

    def came_for(self, causes: Causes, row: int, post: int) -> int:
        """The cause for which a member answered this post (row) in the record: a debt, or anything else."""
        owed = np.flatnonzero(causes.debtor == row)
        paid = owed[self.memory.debts.post[causes.debts[owed]] == post]
        self._cause[row] = cause = int(causes.debts[paid[0]]) if len(paid) else OTHER
        return cause
