"""When members of a learned forum come: drawn for the hour ahead, and again from the next phase on for whom something touches.

Nothing that happens to others changes when a member comes, and waits have no memory; so an hour's comings are drawn at its
beginning, and only those are drawn anew who wrote, were answered, or lost a debt.
"""

from collections.abc import Callable
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
        self._addresses = np.empty(0, np.uint64)
        """Of each debt: the pair of its debtor and the post that it owes an answer."""

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
        self._middles = hour + (np.arange(phases) + 0.5) * length
        self._exposure = forum.rhythm(world.now) * length
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
        """By member what it comes for in this phase: the one thing that comes first. What touched a member since is drawn anew."""
        forum = self.forum
        self._again(world, phase)
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

    def _emptied(self) -> np.ndarray:
        """Rows of the members that were touched, in order; none is from now on."""
        touched = self.forum.memory.touched
        rows = np.array(sorted(touched), np.int64)
        touched.clear()
        return rows

    def _again(self, world: Any, phase: int) -> None:
        """Draw anew, from this phase on, whoever was touched since the last one."""
        memory = self.forum.memory
        if not memory.touched:
            return
        rows = self._emptied()
        self._quiet[rows] = False
        self._drawn[rows] = phase + 1
        owing, people = memory.owing, memory.people
        rows = rows[people.leaves[rows] > self.forum.hour]
        debts = np.array(
            sorted(
                debt
                for row in rows.tolist()
                for some in owing.get(row, {}).values()
                for debt in some.values()
            ),
            np.int64,
        )
        if len(debts):
            lot = noise.uniform(world.key, f"owes {phase}", world.now, self._pair(debts))
            self._race(PAYS, debts, memory.debts.debtor[debts], lot, phase)
        rows = rows[(people.acts[rows] > 0) & ~people.unnamed[rows]]
        if len(rows):
            lot = noise.uniform(world.key, f"comes {phase}", world.now, self.forum.members.id[rows])
            self._race(OTHER, rows, rows, lot, phase)

    def _pair(self, debt: np.ndarray) -> np.ndarray:
        """The id of each debt."""
        debts, known = self.forum.memory.debts, len(self._addresses)
        if known < debts.count:
            who, post = debts.debtor[known:], debts.post[known:]
            new = noise.pair(self.forum.members.id[who], self.forum.posts.id[post])
            self._addresses = np.concatenate([self._addresses, new])
        return self._addresses[debt]

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
        ids = self._pair(item) if what == PAYS else self.forum.members.id[item]
        lot = noise.uniform(world.key, "owes" if what == PAYS else "comes", world.now, ids)
        anew = np.flatnonzero(~lively if whole_day else ~lively & ~quiet)
        if len(anew):
            kept[item[anew]] = self._rates(what)(item[anew], self._middles.mean())
        expected = kept[item] * (self._exposure * len(self._middles))
        maybe = np.flatnonzero((lot < expected) & ~lively)  # 1 - exp(-x) is below x
        at = -np.log1p(-lot[maybe]) / (expected[maybe] / len(self._middles))
        comes = at < len(self._middles)
        self._note(what, item[maybe[comes]], who[maybe[comes]], at[comes])
        live = np.flatnonzero(lively)
        if len(live):
            self._race(what, item[live], who[live], lot[live], 0)

    def _race(self, what: int, item: np.ndarray, who: np.ndarray, lot: np.ndarray, begin: int) -> None:
        """The same where rates change from phase to phase, from phase `begin` on."""
        rate = self._rates(what)(item, self._middles[begin:, None]) * self._exposure
        total = np.cumsum(rate, axis=0)
        wait = -np.log1p(-lot)
        hit = np.flatnonzero(wait < total[-1])
        if not len(hit):
            return
        phase = (total[:, hit] <= wait[hit]).sum(axis=0)
        into = (wait[hit] - total[phase, hit]) / rate[phase, hit] + 1.0
        self._note(what, item[hit], who[hit], begin + phase + np.clip(into, 0.0, 1 - 1e-9))

    def _note(self, what: int, item: np.ndarray, who: np.ndarray, at: np.ndarray) -> None:
        drawn = self._drawn[who].tolist()
        for each in zip(at.tolist(), item.tolist(), who.tolist(), drawn, strict=True):
            when, thing, row, mark = each
            self.hits[int(when)].append(Hit(when, what, thing, row, mark))
