"""When members of a learned forum come: drawn for the hour ahead, and again from the next phase on for whom something touches.

Nothing that happens to others changes when a member comes, and waits have no memory; so an hour's comings are drawn at its
beginning, and only those are drawn anew who wrote, were answered, or lost a debt.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
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
    """Who comes to one forum in which phase of a step. Addressed by member, and by debtor and post for a debt."""

    def __init__(self, forum: LearnedPlace) -> None:
        self.forum, memory = forum, forum.memory
        people = memory.people
        self.known = np.flatnonzero((people.acts > 0) & ~people.unnamed & (people.leaves > 0))
        """Named members who have written: who may come for anything else, as long as they stay."""
        self.standing = np.flatnonzero(memory.debts.open)
        self._counted = memory.debts.count
        memory.newly.clear()
        people.quiet[:] = False
        self.hits: list[list[Hit]] = []
        self._addressed = 0

    def begin(self) -> np.ndarray:
        """A step begins: nothing is drawn yet. Debts that were made since the last one stand now; gives those who wrote for the first time."""
        memory = self.forum.memory
        if self._counted < memory.debts.count:
            self.standing = np.concatenate([self.standing, np.arange(self._counted, memory.debts.count)])
            self._counted = memory.debts.count
        memory.forget(self.forum.hour, self.standing)
        new = np.array(memory.newly, np.int64)
        memory.newly.clear()
        self.hits = [[] for _ in self.forum.scenes]
        return new

    def coming(self, world: Any, phase: int) -> dict[int, Hit]:
        """By member what it comes for in this phase: the one thing that comes first. What touched a member was drawn anew (`draw_again`)."""
        forum = self.forum
        found: dict[int, Hit] = {}
        if self.hits[phase]:
            is_open, drawn = forum.memory.debts.full.open, forum.memory.people.full.drawn
            for hit in self.hits[phase]:
                if hit.drawn != drawn[hit.row] or (hit.what == PAYS and not is_open[hit.item]):
                    continue
                if hit.row not in found or hit.at < found[hit.row].at:
                    found[hit.row] = hit
            forum.memory.touched.update(found)
        for row, opener in forum.members.arriving(world.now, phase):
            found[row] = Hit(0.0, NEW_OPENS if opener else NEW_REPLIES, row, row, 0)
        return found

    def debts_of(self, rows: Sequence[int]) -> list[int]:
        """Open debts of these members, in their order."""
        owing = self.forum.memory.owing
        return [
            debt for row in rows if row in owing for some in owing[row].values() for debt in some.values()
        ]

    def emptied(self) -> list[int]:
        """Rows of the members that were touched, in order; none is from now on."""
        touched = self.forum.memory.touched
        rows = sorted(touched)
        touched.clear()
        return rows

    @property
    def unaddressed(self) -> bool:
        """Whether there are debts that have no address yet."""
        return self._addressed < self.forum.memory.debts.count

    def address(self) -> np.ndarray:
        """Those debts, which get one now."""
        known, self._addressed = self._addressed, self.forum.memory.debts.count
        return np.arange(known, self._addressed)


class Moments(NamedTuple):
    """The phases of a step: the hour in the `middle` of each, and their length in hours times how lively the step is."""

    middle: np.ndarray
    exposure: float


def moments(forum: LearnedPlace, now: int) -> Moments:
    phases = len(forum.scenes)
    length = forum.hours / phases
    return Moments(forum.hour + (np.arange(phases) + 0.5) * length, forum.rhythm(now) * length)


def open_hour(table: Any, forums: Sequence[Any], worlds: Sequence[Any]) -> None:
    """Draw who comes in which phase of the step that begins in these worlds; `table` is of all of them."""
    first, now, hour = forums[0], worlds[0].now, forums[0].hour
    people, debts, starts = table.people, table.debts, table.starts(forums)
    arrivals = [forum.arrivals for forum in forums]
    ids = table.members.id
    address_debts(table, forums)

    new = Part.of([each.begin() for each in arrivals], starts[:, 1])
    new = new.where(~people.unnamed[new.whole])
    lot = noise.uniform(keys_of(worlds, new.world), "stays", now, ids[new.whole])
    people.leaves[new.whole] = hour + stays_for(first.law, lot)
    known = Part.of(
        [
            np.concatenate([each.known, own])
            for each, own in zip(arrivals, new.split(len(forums)), strict=True)
        ],
        starts[:, 1],
    )
    known = known.where(people.leaves[known.whole] > hour)
    standing = Part.of([each.standing for each in arrivals], starts[:, 2])
    debtor = debts.debtor[standing.whole] + starts[standing.world, 1]
    stand = debts.open[standing.whole] & (people.leaves[debtor] > hour)
    standing, debtor = standing.where(stand), debtor[stand]
    for each, ours, owed in zip(arrivals, known.split(len(forums)), standing.split(len(forums)), strict=True):
        each.known, each.standing = ours, owed
        own = each.forum.memory.people
        own.quiet[each.emptied()] = False
        own.drawn[:] = 0
    whole_day = now % max(1, round(24 / first.hours)) == 0
    if whole_day:
        for forum in forums:
            forum.memory.people.quiet[:] = forum.memory.people.last < hour - QUIET
    since = debts.since[standing.whole]
    rates, when = first.memory.rates, moments(first, now)

    def owes(some: np.ndarray, at: Any) -> np.ndarray:
        return rates.owes(people, debts, standing.whole[some], debtor[some], at)

    def comes(some: np.ndarray, at: Any) -> np.ndarray:
        return rates.comes(people, known.whole[some], at)

    for what, name, part, kept, rate, lively, quiet, address in (
        (
            PAYS,
            "owes",
            standing,
            debts.rate,
            owes,
            (since > hour - FRESH) | (people.last[debtor] > hour - FRESH),
            people.quiet[debtor] & (since < hour - QUIET),
            debts.address[standing.whole],
        ),
        (
            OTHER,
            "comes",
            known,
            people.rate,
            comes,
            people.last[known.whole] > hour - FRESH,
            people.quiet[known.whole],
            ids[known.whole],
        ),
    ):
        lot = noise.uniform(keys_of(worlds, part.world), name, now, address)
        hit, at = _in_the_hour(part.whole, kept, rate, lot, lively, lively | (quiet & (not whole_day)), when)
        rows = part.row[hit]
        who = debts.debtor[part.whole[hit]] if what == PAYS else rows
        told = zip(part.world[hit].tolist(), at.tolist(), rows.tolist(), who.tolist(), strict=True)
        for world, moment, thing, row in told:
            arrivals[world].hits[int(moment)].append(Hit(moment, what, thing, row, 0))


def address_debts(table: Any, forums: Sequence[Any]) -> None:
    """Give new debts of these forums their address: that of the pair of debtor and post."""
    forums = [forum for forum in forums if forum.arrivals.unaddressed]
    if not forums:
        return
    starts, debts = table.starts(forums), table.debts
    new = Part.of([forum.arrivals.address() for forum in forums], starts[:, 2])
    posts_at, people_at, _ = starts[new.world].T
    who, post = debts.debtor[new.whole] + people_at, debts.post[new.whole] + posts_at
    debts.address[new.whole] = noise.pair(table.members.id[who], table.posts.id[post])


def keys_of(worlds: Sequence[Any], of: np.ndarray) -> int | np.ndarray:
    """The keys (n,) of the worlds `of` (n,); of one world its key."""
    if len(worlds) == 1:
        return int(worlds[0].key)
    return np.array([world.key for world in worlds], np.uint64)[of]


class Part(NamedTuple):
    """Rows (n,) of tables of several worlds, world by world: which `world` each is of, its `row` there, and in the `whole`."""

    world: np.ndarray
    row: np.ndarray
    whole: np.ndarray

    @classmethod
    def of(cls, rows: Sequence[np.ndarray], start: np.ndarray) -> "Part":
        """These rows of each world, whose tables begin at `start`."""
        world = np.repeat(np.arange(len(rows)), [len(some) for some in rows])
        row = np.concatenate(rows)
        return cls(world, row, row + start[world])

    def where(self, there: np.ndarray) -> "Part":
        return Part(self.world[there], self.row[there], self.whole[there])

    def split(self, worlds: int) -> list[np.ndarray]:
        """The rows of each world."""
        ends = np.searchsorted(self.world, np.arange(worlds + 1)).tolist()
        return [self.row[low:high] for low, high in pairwise(ends)]


def _in_the_hour(
    item: np.ndarray,
    kept: np.ndarray,
    rates: Callable[[np.ndarray, Any], np.ndarray],
    lot: np.ndarray,
    lively: np.ndarray,
    keep: np.ndarray,
    when: Moments,
) -> tuple[np.ndarray, np.ndarray]:
    """Which of these n things come in this hour under their lots, and when (phases): rates of the `lively` change from phase to phase, others are
    taken once, and those to `keep` were taken before and are `kept`."""
    phases = len(when.middle)
    anew = np.flatnonzero(~keep)
    if len(anew):
        kept[item[anew]] = rates(anew, when.middle.mean())
    expected = kept[item] * (when.exposure * phases)
    maybe = np.flatnonzero((lot < expected) & ~lively)  # 1 - exp(-x) is below x
    at = -np.log1p(-lot[maybe]) / (expected[maybe] / phases)
    live = np.flatnonzero(lively)
    if not len(live):
        return maybe[at < phases], at[at < phases]
    hit, then = race(rates(live, when.middle[:, None]) * when.exposure, lot[live])
    return np.concatenate([maybe[at < phases], live[hit]]), np.concatenate([at[at < phases], then])


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
    starts, people = table.starts([forum for forum, _ in some]), table.people
    touched = Part.of([np.array(forum.arrivals.emptied()) for forum, _ in some], starts[:, 1])
    people.quiet[touched.whole], people.drawn[touched.whole] = False, phase + 1
    touched = touched.where(people.leaves[touched.whole] > first.hour)
    when = moments(first, now)
    middles, exposure = when.middle[phase:, None], when.exposure
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
        lot = noise.uniform(keys_of([world for _, world in some], of), f"{name} {phase}", now, ids)
        hit, at = race(rate * exposure, lot)
        told = zip(of[hit].tolist(), at.tolist(), item[hit].tolist(), who[hit].tolist(), strict=True)
        for place, when, thing, row in told:
            when += phase
            some[place][0].arrivals.hits[int(when)].append(Hit(when, what, thing, row, phase + 1))

    address_debts(table, [forum for forum, _ in some])
    owed = [
        forum.arrivals.debts_of(own.tolist())
        for (forum, _), own in zip(some, touched.split(len(some)), strict=True)
    ]
    if any(owed):
        debt = Part.of([np.array(each, np.int64) for each in owed], starts[:, 2])
        who = table.debts.debtor[debt.whole]
        rate = rates.owes(people, table.debts, debt.whole, who + starts[debt.world, 1], middles)
        drawn(PAYS, "owes", debt.world, debt.row, who, table.debts.address[debt.whole], rate)
    known = touched.where((people.acts[touched.whole] > 0) & ~people.unnamed[touched.whole])
    if len(known.row):
        rate = rates.comes(people, known.whole, middles)
        drawn(OTHER, "comes", known.world, known.row, known.row, table.members.id[known.whole], rate)
