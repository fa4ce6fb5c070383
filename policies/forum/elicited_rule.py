"""Members choose the forum's rule themselves, from none to strict: by a vote, a moral graph or negotiation (arXiv 2404.10636)."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, PrivateAttr
from scipy.special import ndtri

from windtunnel.policies.base import Hours, Share, View, WorldFace
from windtunnel.policies.choosing import chosen
from windtunnel.policies.forum.detection import Detecting
from windtunnel.policies.forum.forum_policy import forum_of

RULES = (
    "anything goes",
    "a notice asks for no insults",
    "insults are removed",
    "insults and anger are removed",
)
"""The rules that are compared, by how strict they are; each has what those before it have."""
ASKED, INSULTS, ANGER = 1, 2, 3
MIDDLE, LEANING, HURT = 1.5, 1.0, 5.0
"""What a member of temper 0 who saw no insult finds best; how much laxer for a unit of temper; how much stricter where all that it
was shown were insults. Chosen."""
LIVABLE = 0.5
"""A rule within the root of this of one's best is one that one can live with: .7 of the way to the next rule. Chosen."""


class ElicitedRule(Detecting):
    """Who has taken part judges four rules; the chosen one holds until the next choice: a notice, and what moderators remove."""

    name = "elicited_rule"
    raises = ("reminder",)
    forces = (
        *("hostile_exposures", "worst_group_exposure", "posts_kept"),
        *("escalation", "hostile_share", "hostility_elsewhere"),
    )
    test_parameters = {"every": 4, "detection": 1.0, "seen": 1.0}

    method: Literal["vote", "moral_graph", "negotiation"]
    """The rule that most find best; the first by PageRank of what they find wiser; or the one that most can live with."""
    every: Hours
    """Hours from one choice to the next; 0: off."""
    error: Annotated[float, Field(ge=0, le=10)]
    """Standard deviation of the error in which rule a member finds best."""
    seen: Share
    """Share of active members who notice the notice in a step."""

    _rule: int | None = PrivateAttr(None)
    _waiting: np.ndarray = PrivateAttr(default_factory=lambda: np.empty(0, int))

    def before_step(self, world: WorldFace) -> None:
        if self.every <= 0:
            return
        forum = forum_of(world)
        pause = max(1, round(self.every / forum.hours))
        if self._rule is None or (world.now - self.start) % pause == 0:
            self._choose(world)
        desk = forum.moderation
        waiting = np.concatenate([self._waiting, self.newly_caught(world)])
        handled = desk.take(waiting)
        self._waiting = np.setdiff1d(waiting, handled)
        desk.remove(world, handled, self.label)

    def _choose(self, world: WorldFace) -> None:
        members = world.community.members
        rows = np.flatnonzero(members.present(world.now) & (members.active_steps > 0))
        if not len(rows):
            return
        shown = members.exposures[rows]
        insults = shown[:, 2] / np.maximum(shown.sum(axis=1), 1)
        errors = ndtri(world.chance(f"{self.label} judges", members.id[rows]))
        best = MIDDLE - LEANING * members.traits["temper"][rows] + HURT * insults + self.error * errors
        self._rule = chosen(-((np.arange(len(RULES))[None, :] - best[:, None]) ** 2), self.method, LIVABLE)
        world.log.add(world.now, "choose_norm", -1, amount=self._rule, policy=self.label)

    def caught(self, world: WorldFace, ids: np.ndarray, tone: np.ndarray) -> np.ndarray:
        rule = self._rule or 0
        rates = np.array(
            [
                self.false_positive if rule >= INSULTS else 0.0,
                self.heated if rule >= ANGER else 0.0,
                self.detection if rule >= INSULTS else 0.0,
            ]
        )
        return world.chance(f"{self.label} catches", ids) < rates[tone]

    def noticed(self) -> float:
        return self.seen if (self._rule or 0) >= ASKED else 0.0

    def offer(self, world: WorldFace, view: View) -> None:
        if (self._rule or 0) >= ASKED:
            ids = world.community.members.id[view.rows]
            notice = world.chance(f"{self.label} seen", ids) < self.seen
            view.feature("reminder")[:] = np.maximum(view.feature("reminder"), notice)
