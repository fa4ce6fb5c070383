"""Leading a world along its record, to find the chance that it must have had."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from windtunnel.agents.situation import Situations
from windtunnel.policies.base import Policy
from windtunnel.sim import noise
from windtunnel.sim.abduction import posterior_gumbels, posterior_uniform
from windtunnel.sim.communities.forum.posts import CIVIL
from windtunnel.sim.communities.forum.record import SILENT, Inferred, RecordForum, RecordWorld
from windtunnel.sim.luck import Luck


class Inference(RecordWorld):
    """A world that is led along the record, and notes at each tick the noise that it implies under its luck's key.

    In a tick: `begin_step`, then `ask` and `learn` in turn until nobody is left (a silent member's look is drawn until
    it agrees with the silence), then `follow`.
    """

    def __init__(self, forum: RecordForum, policies: Sequence[Policy] = (), *, luck: Luck) -> None:
        super().__init__(forum, policies, Inferred(), luck=luck)
        self.not_offered: list[int] = []
        self._left = np.empty(0, np.int64)

    def begin_step(self) -> None:
        super().begin_step()
        forum, place = self.community, self.community.place
        self._left = self.deciders()
        count, actions = len(forum.members), len(forum.scene.actions.names)
        if len(self._left):
            self.inferred.choose[place] = np.zeros((count, actions))
        if forum.tick.act == SILENT:
            self.inferred.awake[place] = np.ones(count)
            self.inferred.attempt[place] = np.zeros(count, np.int64)

    def ask(self) -> Situations:
        forum = self.community
        self._view = forum.show(self, self._left)
        if len(self._left) and forum.tick.act != SILENT:
            self._look_as_recorded()
        return forum.situations(self, self._view)

    def _look_as_recorded(self) -> None:
        forum, place, view = self.community, self.community.place, self._view
        target = forum._recorded_target()
        if forum.beyond_feed or forum.posts.author[target] == view.rows[0]:
            self.not_offered.append(forum.tick.act)
        column = int(np.flatnonzero(forum.common == target)[0])
        ids = forum.posts.id[forum.common]
        prior = noise.gumbel(self.key, "look 0", place, forum.members.id[view.rows], ids)
        found = posterior_gumbels(forum.score, np.array([column]), prior)
        self.inferred.look[place] = dict(zip(ids.tolist(), found[0].tolist(), strict=True))
        view.focus = np.array([target])
        view.features = forum._measure(view.rows, view.focus, self.now)
        view.options = np.ones_like(view.options)
        forum.offer(view, self.now)

    def learn(self, rows: np.ndarray) -> bool:
        """Infer the noise from these log-probabilities (n, actions); True when nobody is left to ask about."""
        forum, place, members = self.community, self.community.place, self._view.rows
        if not len(members):
            return True
        ids = forum.members.id[members]
        act = forum.tick.act
        if act != SILENT:
            taken = self._recorded_option(act)
            prior = noise.gumbel(self.key, "choose", place, ids, rows.shape[1])
            self.inferred.choose[place][members] = posterior_gumbels(rows, np.array([taken]), prior)
            return True
        attempt = int(self.inferred.attempt[place][members[0]])
        quiet = np.where(forum.replies, -np.inf, rows)
        silent = np.exp(np.logaddexp.reduce(quiet, axis=1))
        chance = self.come_in(members)
        agrees = noise.uniform(self.key, f"agree {attempt}", place, ids) < 1 - chance * (1 - silent)
        active = noise.uniform(self.key, "silent active", place, ids) < chance * silent / (
            1 - chance * (1 - silent)
        )
        awake = posterior_uniform(noise.uniform(self.key, "active", place, ids), chance, active)
        which = (quiet + noise.gumbel(self.key, "silent choice", place, ids, rows.shape[1])).argmax(axis=1)
        prior = noise.gumbel(self.key, "choose", place, ids, rows.shape[1])
        chosen = posterior_gumbels(rows, which, prior)
        done = members[agrees]
        self.inferred.awake[place][done] = awake[agrees]
        self.inferred.choose[place][done] = np.where(active[agrees, None], chosen[agrees], prior[agrees])
        self._left = members[~agrees]
        self.inferred.attempt[place][self._left] += 1
        return not len(self._left)

    def follow(self) -> None:
        """Do what the record says, and go on to the next tick."""
        forum = self.community
        act = forum.tick.act
        if act != SILENT and len(self._view.rows):
            self.tell(np.array([self._recorded_option(act)]))
        forum._attention -= int(forum._attention) - forum.moderation.left
        forum.place = min(forum.place + 1, len(forum.record.ticks) - 1)

    def _recorded_option(self, act: int) -> int:
        tone = ("civil", "heated", "hostile")[max(int(self.community.record.tone[act]), CIVIL)]
        return list(self.community.scene.actions.names).index(f"reply_{tone}")


def infer(worlds: Sequence[Inference], decide: Any) -> list[Inferred]:
    """Lead all worlds along their (one and the same) record; `decide` maps Situations to log-probabilities, as a mind's does.

    Raises `ValueError` where the mind has no answer.
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
    return [world.inferred for world in worlds]
