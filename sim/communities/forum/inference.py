"""Leading worlds along their record, to find the chance that they must have had."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from windtunnel.agents.situation import Situations
from windtunnel.policies.base import Policy
from windtunnel.sim import noise
from windtunnel.sim.abduction import posterior_gumbels
from windtunnel.sim.communities.forum.feed import Shown
from windtunnel.sim.communities.forum.learned.arrivals import race
from windtunnel.sim.communities.forum.led import Led
from windtunnel.sim.communities.forum.posts import CIVIL, HEATED, TONES
from windtunnel.sim.communities.forum.record import ByCause, RecordForum
from windtunnel.sim.communities.forum.record_world import ATTEMPT, Inferred
from windtunnel.sim.noise_key import NoiseKey

_BLOCK = 1 << 8
"""Looks that are drawn at once: as many as stay in the processor's cache."""


class _Before(NamedTuple):
    """What members have before them, as far as a view needs it: the rest depends on what each of them attends to."""

    rows: np.ndarray
    seen: Shown


class Inference(Led):
    """A world that is led along the record, and notes at each tick the noise that it implies under each of several lucks.

    In a tick: `begin_step`, then `ask` and `learn` in turn until nobody is left, then `follow`. Who acted came in, with
    Gumbels of its look and of its choice given what it did. `expected` holds for each act the log-odds that the mind gives
    to heat, hostile or not, in the reply that came. The chance of everybody else is drawn until it leaves
    no trace: rejection, so exact draws given the silence. There may be several lucks where the forum is the same under all of them
    (`one_for_all`) but for its own thread's hotness: then each is asked about its own members, and the forum is led once. `found`
    is by luck.
    """

    def __init__(
        self, forum: RecordForum, policies: Sequence[Policy] = (), *, lucks: Sequence[NoiseKey]
    ) -> None:
        super().__init__(forum, policies, Inferred(), luck=lucks[0])
        if len(lucks) > 1 and not forum.one_for_all:
            raise ValueError(
                "posts of this forum have an appeal of their own under each luck: infer one at a time"
            )
        self.lucks = tuple(lucks)
        self._hot = forum.hotness(self.lucks) if len(lucks) > 1 else None
        self.found = [Inferred(since=forum.place) for _ in lucks]
        self.not_offered: list[int] = []
        self.expected: dict[int, float] = {}
        self._keys = np.empty(0, np.uint64)
        self._acting: dict[int, int] = {}
        self._first = True
        self._of = self._left = np.empty(0, np.int64)
        """Those who are still to be asked: the place of their luck, their row."""
        self._attempt = np.zeros((len(lucks), len(forum.members)), np.int64)
        self._comes: np.ndarray = np.empty(0)

    def begin_step(self) -> None:
        super().begin_step()
        forum, tick = self.community, self.community.tick
        self._acting = {int(forum.record.author[act]): act for act in tick.decided}
        self._first = True
        self._keys = np.array([luck.at(self.now) for luck in self.lucks], np.uint64)
        self._attempt[:] = 0
        if forum.by_cause is not None:
            self._as_they_came(forum.by_cause)
            return
        self._comes = forum.comes_in(self.now, tick.hours, self.acting())
        rows = self.others()
        self._draw(np.repeat(np.arange(len(self.lucks)), len(rows)), np.tile(rows, len(self.lucks)))

    def _as_they_came(self, by: ByCause) -> None:
        """Note what might have brought members in this tick, and the lots of those whom something brought; nobody else came."""
        forum, causes = self.community, by.causes(self)
        for one in self.found:
            one.causes[forum.place] = causes
        for row, act in self._acting.items():
            cause = by.came_for(causes, row, forum.row_of(int(forum.record.parent[act])))
            lots = race(self._keys, forum.place, forum.members.id, causes, row, cause)
            for one, lot in zip(self.found, lots, strict=True):
                one.raced.setdefault(forum.place, {})[row] = lot
        self._of = self._left = np.empty(0, np.int64)

    def _draw(self, of: np.ndarray, rows: np.ndarray) -> None:
        """Of these silent members those who now come in: the others have agreed with the record."""
        forum = self.community
        lot = noise.uniform(self._keys[of], "active", forum.place, self._lots_of(of, rows))
        came = lot < self._comes[rows]
        self._of, self._left = of[came], rows[came]

    def _lots_of(self, of: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return self.community.members.id[rows] + self._attempt[of, rows] * ATTEMPT

    def ask(self) -> Situations:
        forum = self.community
        of, rows = self._of, self._left
        if self._acting and self._first:
            authors = self.authors()
            of = np.concatenate([of, np.repeat(np.arange(len(self.lucks)), len(authors))])
            rows = np.concatenate([rows, np.tile(authors, len(self.lucks))])
            order = np.lexsort((rows, of))
            of, rows = of[order], rows[order]
        many, hot = len(forum.members), self._hot
        each, place = np.unique(rows if hot is None else of * many + rows, return_inverse=True)
        attention = forum.attention(self, each % many, None if hot is None else hot[each // many])
        focus = np.empty(len(rows), np.int64)  # where who comes is known, of those who acted alone
        for low in range(0, len(rows) if forum.by_cause is None else 0, _BLOCK):
            part = slice(low, low + _BLOCK)
            focus[part] = forum.attend(forum.of(attention, place[part]), partial(self._looks, of[part]))
        if self._first:
            for row in self._acting:
                at = [row] if hot is None else [luck * many + row for luck in range(len(self.lucks))]
                focus[rows == row] = self._look_as_recorded(attention, np.searchsorted(each, at).tolist())
        forum.spread(place)
        self._of = of
        self._view = forum.view(self, _Before(rows, Shown.alone(np.empty((len(rows), 0), np.int64))), focus)  # type: ignore[arg-type]
        for policy in self.acting():
            policy.offer(self, self._view)
        return forum.situations(self, self._view)

    def _looks(self, of: np.ndarray, rows: np.ndarray, posts: np.ndarray) -> np.ndarray:
        """The Gumbels with which members (rows), each under its luck, look at posts (ids)."""
        return noise.gumbel(self._keys[of], "attend", self.community.place, self._lots_of(of, rows), posts)

    def _look_as_recorded(self, attention: Any, places: Sequence[int]) -> int:
        """The post that a member answered, with the Gumbels under which it looked there noted; it is at one of the places under all
        lucks, or at one under each."""
        forum, row = self.community, int(attention.rows[places[0]])
        act = self._acting[row]
        target = forum.row_of(int(forum.record.parent[act]))
        looked = [forum.looked_at(attention, place, target, act < forum.record.own) for place in places]
        if not looked[0][1]:
            self.not_offered.append(act)
        whose = np.repeat(forum.members.id[[row]], len(self.lucks))
        noted = []
        for choices in zip(*(one[0] for one in looked), strict=True):
            ids, _, taken = choices[0]
            prior = noise.gumbel(self._keys, "attend", forum.place, whose, ids)
            score = np.broadcast_to([one.score for one in choices], prior.shape)
            noted.append(posterior_gumbels(score, np.full(len(prior), taken), prior))
        ids = np.concatenate([one.ids for one in looked[0][0]])
        order = np.argsort(ids)
        for one, values in zip(self.found, np.concatenate(noted, axis=1)[:, order], strict=True):
            one.look.setdefault(forum.place, {})[row] = (ids[order], values)
        return target

    def learn(self, rows: np.ndarray) -> bool:
        """Infer the noise from these log-probabilities (n, actions); True when nobody is left to ask about."""
        view, of = self._view, self._of
        theirs = np.isin(view.rows, list(self._acting)) & self._first
        if self._acting and self._first:
            self._choose_as_recorded(of[theirs], view.rows[theirs], rows[theirs])
        self._first = False
        of, silent = of[~theirs], view.rows[~theirs]
        luck = noise.gumbel(
            self._keys[of], "choose", self.community.place, self._lots_of(of, silent), rows.shape[1]
        )
        choice = (luck + rows[~theirs]).argmax(axis=1)
        again = ~self.community.traceless(choice)
        of, silent = of[again], silent[again]
        self._attempt[of, silent] += 1
        self._draw(of, silent)
        return not len(self._left)

    def _choose_as_recorded(self, of: np.ndarray, members: np.ndarray, rows: np.ndarray) -> None:
        forum = self.community
        taken = np.array([self.option(self._acting[row]) for row in members.tolist()])
        prior = noise.gumbel(self._keys[of], "choose", forum.place, forum.members.id[members], rows.shape[1])
        found = posterior_gumbels(rows, taken, prior)
        replies = rows[:, [self._reply(tone) for tone in TONES]]
        odds = np.logaddexp.reduce(replies[:, HEATED:], axis=1) - replies[:, CIVIL]
        for luck, row, value, expected in zip(
            of.tolist(), members.tolist(), found, odds.tolist(), strict=True
        ):
            self.found[luck].choose.setdefault(forum.place, {})[row] = value
            if luck == 0:
                self.expected[self._acting[row]] = expected

    def follow(self) -> None:
        """Do what the record says, and go on to the next tick."""
        place = self.community.place
        for luck in np.flatnonzero(self._attempt.any(axis=1)).tolist():
            self.found[luck].attempt[place] = self._attempt[luck].copy()
        super().follow()


def infer(
    worlds: Sequence[Inference], decide: Any, note: Callable[[int], None] | None = None
) -> list[Inferred]:
    """Lead all worlds along their (one and the same) record, from the tick that they have come to; `decide` maps Situations to
    log-probabilities, as a mind's does. Gives the noise of each world's lucks, in order.

    `note` is told after each tick how many lucks have gone through it. Raises `ValueError` where the mind has no answer.
    """
    for _ in worlds[0].community.record.ticks[worlds[0].community.place :]:
        for world in worlds:
            world.begin_step()
        left = list(worlds)
        while left:
            answers = decide([world.ask() for world in left])
            for answer in answers:
                if not isinstance(answer, np.ndarray):
                    raise ValueError(f"the mind gave no answer: {answer.stage}: {answer.reason}")
            left = [world for world, rows in zip(left, answers, strict=True) if not world.learn(rows)]
        for world in worlds:
            world.follow()
        if note is not None:
            note(sum(len(world.lucks) for world in worlds))
    return [found for world in worlds for found in world.found]
