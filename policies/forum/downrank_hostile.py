"""The feed shows less of what a classifier takes for hostile."""

from typing import Annotated

import numpy as np
from pydantic import Field, PrivateAttr

from windtunnel.policies.base import WorldFace
from windtunnel.policies.forum.detection import Detecting


class DownrankHostile(Detecting):
    """Caught posts lose `penalty` of their (log) pull on attention."""

    name = "downrank_hostile"
    forces = ("hostile_exposures", "worst_group_exposure")

    acts_in_log = False

    penalty: Annotated[float, Field(ge=0)]
    """Taken from the log of a caught post's pull: 2.3 makes it a tenth; 0: off."""

    _caught: np.ndarray = PrivateAttr(default_factory=lambda: np.empty(0, int))

    def before_step(self, world: WorldFace) -> None:
        self._caught = np.concatenate([self._caught, self.newly_caught(world)])

    def rerank(self, world: WorldFace, pull: np.ndarray) -> None:
        pull[self._caught] -= self.penalty
