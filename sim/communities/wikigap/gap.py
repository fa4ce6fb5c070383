"""The rules of a knowledge gap (after WikiGap, arXiv 2505.24195). A step: each reader is asked something.

Some questions need a fact that the reader's language lacks and another has. A fact that is shared, or surfaced from the
other language, is found; else the answer is a guess. The model is our own, and calibrated to the paper's accuracy without a policy.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from windtunnel.policies.base import WorldFace
from windtunnel.sim.community import Declared
from windtunnel.sim.members import Members
from windtunnel.sim.plain import PlainActs, PlainCommunity, PlainView
from windtunnel.sim.plain_builder import Settings

Share = Annotated[float, Field(ge=0, le=1)]


class GapSettings(Settings):
    """Numbers of `settings:` in conf/community/wikigap.yaml; `size` is the readers."""

    exclusive: Share
    """Share of questions that need a fact which only another language has."""
    facts: Annotated[int, Field(ge=1)]
    """Facts on a subject that each other language alone has."""
    found: Share
    """Chance that an answer is right where its fact is before the reader."""
    guessed: Share
    """The same where it is not."""


class Gap(PlainCommunity):
    """This step's questions, arrays (n,) by reader. Policies set, at each step, `surfaced`: facts shown of each other language."""

    def __init__(self, scenes: Any, members: Members, declared: Declared, settings: GapSettings) -> None:
        super().__init__(scenes, members, declared)
        self.settings = settings

    def open_step(self, world: WorldFace) -> None:
        """Questions are drawn, each with the place that its fact has among those that may be surfaced."""
        ids, settings = self.members.id, self.settings
        self.exclusive = world.chance("exclusive", ids) < settings.exclusive
        self.place = (world.chance("fact", ids) * settings.facts).astype(int)
        self.surfaced = 0
        self.right, self.doubts = np.zeros((2, len(ids)), bool)
        self.there = np.ones(len(ids), bool)

    def known(self) -> np.ndarray:
        """Bool (n,): the fact that is asked for is before the reader."""
        return ~self.exclusive | (self.place < self.surfaced)

    def show(self, world: WorldFace, rows: np.ndarray) -> PlainView:
        """Whether something on the question is before the reader, and whether other languages' facts are shown."""
        return self.view(world, rows, known=self.known()[rows], surfaced=self.surfaced)

    def settle(self, world: WorldFace, acts: PlainActs) -> None:
        """An answer is right with the chance that its fact gives it; doubt is noted."""
        rows = acts.rows[acts.passed]
        numbers = self.settings
        chance = np.where(self.known()[rows], numbers.found, numbers.guessed)
        self.right[rows] = world.chance("right", self.members.id[rows]) < chance
        self.doubts[rows] = acts.kind[acts.passed] == "doubt"
        self.members.summaries["right"][rows] += self.right[rows]

    def measures(self, world: WorldFace) -> Mapping[str, float]:
        """Shares of answers; of those without the fact, how many doubted that they had all."""
        blind = ~self.known()
        return {
            "right": float(self.right.mean()),
            "covered": float(self.known().mean()),
            "aware": float(self.doubts[blind].sum()),
            "blind": float(blind.sum()),
        }
