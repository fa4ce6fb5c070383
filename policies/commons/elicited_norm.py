"""Members compare a few norms, and one of them becomes theirs: by a vote, a moral graph or negotiation."""

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field
from scipy.special import ndtri

from windtunnel.policies.base import WorldFace
from windtunnel.policies.choosing import chosen
from windtunnel.policies.commons.commons_policy import CommonsPolicy, Heeded

SHARES = np.array([0.5, 0.75, 1.0, 1.5, 2.0])
"""The norms that are compared: parts of what each may take so that the stock stays as large."""
MODEST, LEANING = 0.35, 1.5
"""A member of this greed finds the share of 1 best; the logarithm of what it finds best rises so fast with its greed."""


class ElicitedNorm(CommonsPolicy):
    """Every few steps members judge five limits, from half to twice a sustainable share, and one of them becomes the norm."""

    name = "elicited_norm"
    acts_in_log: ClassVar[bool] = True

    method: Literal["vote", "moral_graph", "negotiation"] = "moral_graph"
    """The limit that most find best; the first by PageRank of what they find wiser; or the one that most can live with."""
    every: Annotated[int, Field(ge=1, le=1_000_000)] = 3
    """Steps from one choice to the next."""
    error: Annotated[float, Field(ge=0, le=10)] = 0.2
    """Standard deviation of the error in what a member finds best, in logarithms."""
    heeded: Heeded = 0.82
    """Chance that an even-tempered member keeps to it with nobody watching."""

    def before_step(self, world: WorldFace) -> None:
        commons = world.community
        if not commons.here.any() or not commons.alive:
            return
        if (world.now - self.start) % self.every == 0 or commons.elicited is None:
            rows = np.flatnonzero(commons.here)
            errors = ndtri(world.chance(f"{self.label} judges", commons.members.id[rows]))
            best = LEANING * (commons.greed[rows] - MODEST) + self.error * errors
            place = chosen(-((np.log(SHARES)[None, :] - best[:, None]) ** 2), self.method)
            commons.elicited = float(SHARES[place])
            percent = int(round(100 * commons.elicited))
            world.log.add(world.now, "choose_norm", -1, amount=percent, policy=self.label)
        commons.set_norm(commons.elicited * commons.fair(), self.heeded)
