"""One member kept away: what `windtunnel why --suspend` puts into a past that went otherwise."""

from typing import Annotated

import numpy as np
from pydantic import Field, PrivateAttr

from windtunnel.policies.base import EVERY, Policy, WorldFace

FOR_GOOD = 1_000_000
"""Steps that outlast every run."""


class Absence(Policy):
    """From step `start` on, for so many `steps` (None: to the end), the member of this id is not there.

    No name on the command line makes it: it is no policy to toggle.
    """

    name = "absence"
    listed = False
    fits = (EVERY,)

    member: int
    steps: Annotated[int, Field(ge=1)] | None = None
    _done: bool = PrivateAttr(False)

    def before_step(self, world: WorldFace) -> None:
        if self._done:
            return
        rows = np.flatnonzero(world.community.members.id == self.member)
        until = min(self.start + (FOR_GOOD if self.steps is None else self.steps), FOR_GOOD)
        world.community.keep_away(world, rows, until)
        world.log.add(world.now, "keep_away", -1, target=self.member, policy=self.label)
        self._done = True
