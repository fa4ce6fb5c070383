"""Leading a world along its record, to find the chance that it must have had."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from windtunnel.agents.situation import Situations
from windtunnel.policies.base import Policy
from windtunnel.sim import noise
from windtunnel.sim.abduction import posterior_gumbels
from windtunnel.sim.communities.forum.feed import View
from windtunnel.sim.communities.forum.posts import CIVIL, HEATED, TONES
from windtunnel.sim.communities.forum.record import Inferred, RecordForum, RecordWorld
from windtunnel.sim.noise_key import NoiseKey


class Inference(RecordWorld):
    """A world that is led along the record, and notes at each tick the noise that it implies under its luck's key.

    In a tick: `begin_step`, then `ask` and `learn` in turn until nobody is left, then `follow`. Who acted came in, with
    Gumbels of its look and of its choice given what it did. `expected` holds for each act the log-odds that the mind gives
    to heat, hostile or not, in the reply that came. The chance of everybody else is drawn until it leaves
    no trace: rejection, so exact draws given the silence.
    """

    def __init__(self, forum: RecordForum, policies: Sequence[Policy] = (), *, luck: NoiseKey) -> None:
        super().__init__(forum, policies, Inferred(), luck=luck)
        self.not_offered: list[int] = []
        self.expected: dict[int, float] = {}
        self._acting: dict[int, int] = {}
        self._left = np.empty(0, np.int64)
        self._theirs: View | None = None

    def begin_step(self) -> None:
        super().begin_step()
        record, tick = self.community.record, self.community.tick
        self._acting = {int(record.author[act]): act for act in tick.decided}
        self._theirs = None
        if self.community.knows_who_comes:
            chance = self.community.comes_in(self.now, tick.hours, self.acting())
            self.inferred.came[self.community.place] = chance
        self._draw(self.others())

    def _draw(self, rows: np.ndarray) -> None:
        """Of these silent members those who now come in: the others have agreed with the record."""
        self._left = rows[self.awake(rows)] if len(rows) else rows

    def ask(self) -> Situations:
        forum = self.community
        rows = self._left
        if self._acting and self._theirs is None:
            rows = np.sort(np.concatenate([rows, self.authors()]))
        attention = forum.attention(self, rows)
        focus = forum.attend(attention, self.looks)
        for place, row in enumerate(rows.tolist()):
            if row in self._acting:
                focus[place] = self._look_as_recorded(attention, place)
        self._view = forum.view(self, attention, focus)
        for policy in self.acting():
            policy.offer(self, self._view)
        return forum.situations(self, self._view)

    def _look_as_recorded(self, attention: Any, place: int) -> int:
        """The post that a member answered, with the Gumbels under which it looked there noted."""
        forum, row = self.community, int(attention.rows[place])
        act = self._acting[row]
        target = forum.row_of(int(forum.record.parent[act]))
        items, score, taken, offered = forum.looked_at(attention, place, target, act < forum.record.own)
        if not offered:
            self.not_offered.append(act)
        ids = forum.posts.id[items]
        prior = noise.gumbel(self.key, "attend", forum.place, forum.members.id[[row]], ids)
        found = posterior_gumbels(score[None], np.array([taken]), prior)[0]
        order = np.argsort(ids)
        self.inferred.look.setdefault(forum.place, {})[row] = (ids[order], found[order])
        return target

    def learn(self, rows: np.ndarray) -> bool:
        """Infer the noise from these log-probabilities (n, actions); True when nobody is left to ask about."""
        view = self._view
        theirs = np.isin(view.rows, list(self._acting)) & (self._theirs is None)
        if self._acting and self._theirs is None:
            self._theirs = _of(view, theirs)
            self._choose_as_recorded(rows[theirs])
        silent = view.rows[~theirs]
        luck = noise.gumbel(self.key, "choose", self.community.place, self._lots(silent), rows.shape[1])
        choice = (luck + rows[~theirs]).argmax(axis=1)
        self._draw_again(silent[~self.community.traceless(choice)])
        return not len(self._left)

    def _choose_as_recorded(self, rows: np.ndarray) -> None:
        assert self._theirs is not None
        forum, members = self.community, self._theirs.rows
        taken = np.array([self._option(self._acting[row]) for row in members.tolist()])
        prior = noise.gumbel(self.key, "choose", forum.place, forum.members.id[members], rows.shape[1])
        found = posterior_gumbels(rows, taken, prior)
        replies = rows[:, [self._reply(tone) for tone in TONES]]
        odds = np.logaddexp.reduce(replies[:, HEATED:], axis=1) - replies[:, CIVIL]
        self.expected |= dict(
            zip((self._acting[row] for row in members.tolist()), odds.tolist(), strict=True)
        )
        self.inferred.choose[forum.place] = dict(zip(members.tolist(), found, strict=True))

    def _draw_again(self, rows: np.ndarray) -> None:
        """Other chance for members who would have left a trace that is not in the record."""
        if not len(rows):
            self._left = rows
            return
        none = np.zeros(len(self.community.members), np.int64)
        self.inferred.attempt.setdefault(self.community.place, none)[rows] += 1
        self._draw(rows)

    def follow(self) -> None:
        """Do what the record says, and go on to the next tick."""
        if self._theirs is not None:
            self._view = self._theirs
            acts = [self._acting[row] for row in self._view.rows.tolist()]
            self.apply_choices(np.array([self._option(act) for act in acts]))
        self.community.close_step(self)

    def _option(self, act: int) -> int:
        return self._reply(TONES[max(int(self.community.record.tone[act]), CIVIL)])

    def _reply(self, tone: str) -> int:
        return list(self.community.scene.actions.names).index(f"reply_{tone}")


def _of(view: View, part: np.ndarray) -> View:
    """The view of some of its members, marked in `part` (n,)."""
    return View(
        view.rows[part],
        view.seen.of(part),
        view.focus[part],
        view.features[part],
        view.options[part],
        view.feature_names,
        view.action_names,
    )


def infer(
    worlds: Sequence[Inference], decide: Any, note: Callable[[int], None] | None = None
) -> list[Inferred]:
    """Lead all worlds along their (one and the same) record; `decide` maps Situations to log-probabilities, as a mind's does.

    `note` is told after each tick how many worlds have gone through it. Raises `ValueError` where the mind has no answer.
    """
    for _ in worlds[0].community.record.ticks:
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
            note(len(worlds))
    return [world.inferred for world in worlds]
