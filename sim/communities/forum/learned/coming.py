"""When members of a learned forum come: drawn for the hour ahead, and again from the next phase on for whom something touches.

Nothing that happens to others changes when a member comes, and waits have no memory; so an hour's comings are drawn at its
beginning, and only those are drawn anew who wrote, were answered, or lost a debt.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from windtunnel.sim import noise
from windtunnel.sim.communities.forum.learned.law import FRESH, stays_for
from windtunnel.sim.communities.forum.learned.place import LearnedPlace

QUIET = 72.0
"""Hours after which rates change so slowly that they are taken once a day."""
OTHER, PAYS, NEW_OPENS, NEW_REPLIES = range(4)
"""What a member comes for."""


class Hit(NamedTuple):
    """A member who comes: when (phases into the step), for what, and since which drawing of its own this holds."""

    at: float
    what: int
    item: int
    row: int
    drawn: int


class Coming:
    """Who comes in which phase of a step. Addressed by member, and by debtor and post for a debt."""

    def __init__(self, forum: LearnedPlace) -> None:
        self.forum, memory = forum, forum.memory
        people = memory.people
        count = len(people.last)
        self.known = np.flatnonzero((people.acts > 0) & ~people.unnamed & (people.leaves > 0))
        """Named members who have written: who may come for anything else, as long as they stay."""
        self.standing = np.flatnonzero(memory.debts.open)
        self._counted = memory.debts.count
        memory.newly.clear()
        self._quiet = np.zeros(count, bool)
        self._rate = np.zeros(count)
        self._drawn = np.zeros(count, np.int8)
        self.hits: list[list[Hit]] = []
        self._addressed = 0

    def open_step(self, world: Any) -> None:
        """Draw who comes in which phase of the step."""
        forum, memory = self.forum, self.forum.memory
        people, debts, hour = memory.people, memory.debts, forum.hour
        self.standing = np.concatenate([self.standing, np.arange(self._counted, debts.count)])
        self._counted = debts.count
        memory.forget(hour, self.standing)
        there = people.leaves[debts.debtor[self.standing]] > hour
        self.standing = self.standing[debts.open[self.standing] & there]
        new = np.array(memory.newly, np.int64)
        memory.newly.clear()
        new = new[~people.unnamed[new]]
        lot = noise.uniform(world.key, "stays", world.now, forum.members.id[new])
        people.leaves[new] = hour + stays_for(forum.law, lot)
        self.known = np.concatenate([self.known, new])
        self.known = self.known[people.leaves[self.known] > hour]
        self._quiet[self._emptied()] = False
        self._drawn.fill(0)
        phases = len(forum.scenes)
        length = forum.hours / phases
        self.middles = hour + (np.arange(phases) + 0.5) * length
        self.exposure = forum.rhythm(world.now) * length
        self.hits = [[] for _ in range(phases)]
        whole_day = world.now % max(1, round(24 / forum.hours)) == 0
        if whole_day:
            self._quiet = people.last < hour - QUIET
        lively = people.last > hour - FRESH
        debtor = debts.debtor[self.standing]
        since = debts.since[self.standing]
        self._hour(
            world,
            PAYS,
            self.standing,
            debtor,
            (since > hour - FRESH) | lively[debtor],
            self._quiet[debtor] & (since < hour - QUIET),
            debts.rate,
            whole_day,
        )
        known = self.known
        self._hour(world, OTHER, known, known, lively[known], self._quiet[known], self._rate, whole_day)

    def coming(self, world: Any, phase: int) -> dict[int, Hit]:
        """By member what it comes for in this phase: the one thing that comes first. What touched a member was drawn anew (`draw_again`)."""
        forum = self.forum
        found: dict[int, Hit] = {}
        is_open, drawn = forum.memory.debts.open, self._drawn
        for hit in self.hits[phase]:
            if hit.drawn != drawn[hit.row] or (hit.what == PAYS and not is_open[hit.item]):
                continue
            if hit.row not in found or hit.at < found[hit.row].at:
                found[hit.row] = hit
        forum.memory.touched.update(found)
        for row, opener in forum.members.arriving(world.now, phase):
            found[row] = Hit(0.0, NEW_OPENS if opener else NEW_REPLIES, row, row, 0)
        return found

    def touched(self, phase: int) -> tuple[np.ndarray, list[int]]:
        """Rows of the members who were touched since this was last asked and are still there, and their debts: what is drawn of them from
        now on counts."""
        rows = self._emptied()
        self._quiet[rows] = False
        self._drawn[rows] = phase + 1
        memory = self.forum.memory
        owing = memory.owing
        rows = rows[memory.people.leaves[rows] > self.forum.hour]
        debts = [
            debt
            for row in rows.tolist()
            if row in owing
            for some in owing[row].values()
            for debt in some.values()
        ]
        self._address_debts()
        return rows, debts

    def _emptied(self) -> np.ndarray:
        """Rows of the members that were touched, in order; none is from now on."""
        touched = self.forum.memory.touched
        rows = np.array(sorted(touched), np.int64)
        touched.clear()
        return rows

    def _address_debts(self) -> None:
        """Give new debts their id: that of the pair of debtor and post."""
        debts, known = self.forum.memory.debts, self._addressed
        if known < debts.count:
            who, post = debts.debtor[known:], debts.post[known:]
            debts.address[known:] = noise.pair(self.forum.members.id[who], self.forum.posts.id[post])
            self._addressed = debts.count

    def _rates(self, what: int) -> Callable[[np.ndarray, Any], np.ndarray]:
        return self.forum.memory.owes if what == PAYS else self.forum.memory.comes

    def _hour(
        self,
        world: Any,
        what: int,
        item: np.ndarray,
        who: np.ndarray,
        lively: np.ndarray,
        quiet: np.ndarray,
        kept: np.ndarray,
        whole_day: bool,
    ) -> None:
        """Draw when each of these things (n,) brings its member `who` in this hour; rates of quiet ones are `kept` for a day."""
        if not len(item):
            return
        if what == PAYS:
            self._address_debts()
            ids = self.forum.memory.debts.address[item]
        else:
            ids = self.forum.members.id[item]
        lot = noise.uniform(world.key, "owes" if what == PAYS else "comes", world.now, ids)
        anew = np.flatnonzero(~lively if whole_day else ~lively & ~quiet)
        if len(anew):
            kept[item[anew]] = self._rates(what)(item[anew], self.middles.mean())
        expected = kept[item] * (self.exposure * len(self.middles))
        maybe = np.flatnonzero((lot < expected) & ~lively)  # 1 - exp(-x) is below x
        at = -np.log1p(-lot[maybe]) / (expected[maybe] / len(self.middles))
        comes = at < len(self.middles)
        self._note(what, item[maybe[comes]], who[maybe[comes]], at[comes])
        live = np.flatnonzero(lively)
        if len(live):
            rate = self._rates(what)(item[live], self.middles[:, None]) * self.exposure
            hit, at = race(rate, lot[live])
            self._note(what, item[live[hit]], who[live[hit]], at)

    def _note(self, what: int, item: np.ndarray, who: np.ndarray, at: np.ndarray) -> None:
        drawn = self._drawn[who].tolist()
        for each in zip(at.tolist(), item.tolist(), who.tolist(), drawn, strict=True):
            when, thing, row, mark = each
            self.hits[int(when)].append(Hit(when, what, thing, row, mark))


def race(rate: np.ndarray, lot: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of n things, whose expected comings `rate` (phases, n) change from phase to phase, come under their lots (n,), and when each
    (phases)."""
    total = np.cumsum(rate, axis=0)
    wait = -np.log1p(-lot)
    hit = np.flatnonzero(wait < total[-1])
    if not len(hit):
        return hit, np.empty(0)
    phase = (total[:, hit] <= wait[hit]).sum(axis=0)
    into = (wait[hit] - total[phase, hit]) / rate[phase, hit] + 1.0
    return hit, phase + np.clip(into, 0.0, 1 - 1e-9)


def draw_again(table: Any, forums: Sequence[Any], worlds: Sequence[Any]) -> None:
    """Draw anew, from the phase that is on, whoever was touched in one of these worlds since the phase before; `table` is of all of them."""
    some = [(forum, world) for forum, world in zip(forums, worlds, strict=True) if forum.memory.touched]
    if not some:
        return
    phase, first, now = some[0][0].phase, some[0][0], some[0][1].now
    touched = [forum.arrivals.touched(phase) for forum, _ in some]
    starts = table.starts([forum for forum, _ in some])
    keys = np.array([world.key for _, world in some], np.uint64)
    middles, exposure = first.arrivals.middles[phase:, None], first.arrivals.exposure
    rates = first.memory.rates

    def drawn(
        what: int,
        name: str,
        of: np.ndarray,
        item: np.ndarray,
        who: np.ndarray,
        ids: np.ndarray,
        rate: np.ndarray,
    ) -> None:
        lot = noise.uniform(keys[of], f"{name} {phase}", now, ids)
        hit, at = race(rate * exposure, lot)
        told = zip(of[hit].tolist(), at.tolist(), item[hit].tolist(), who[hit].tolist(), strict=True)
        for place, when, thing, row in told:
            when += phase
            some[place][0].arrivals.hits[int(when)].append(Hit(when, what, thing, row, phase + 1))

    counts = [len(debts) for _, debts in touched]
    if any(counts):
        of = np.repeat(np.arange(len(some)), counts)
        item = np.array([debt for _, debts in touched for debt in debts], np.int64)
        debts = item + starts[of, 2]
        who = table.debts.debtor[debts]
        rate = rates.owes(table.people, table.debts, debts, who + starts[of, 1], middles)
        drawn(PAYS, "owes", of, item, who, table.debts.address[debts], rate)
    of = np.repeat(np.arange(len(some)), [len(rows) for rows, _ in touched])
    rows = np.concatenate([rows for rows, _ in touched])
    ids = np.concatenate([forum.members.id[own] for (forum, _), (own, _) in zip(some, touched, strict=True)])
    people = rows + starts[of, 1]
    known = np.flatnonzero((table.people.acts[people] > 0) & ~table.people.unnamed[people])
    if len(known):
        rate = rates.comes(table.people, people[known], middles)
        drawn(OTHER, "comes", of[known], rows[known], rows[known], ids[known], rate)
