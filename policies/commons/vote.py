"""Members vote on a norm (Ostrom's third principle)."""

from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from windtunnel.policies.base import WorldFace
from windtunnel.policies.commons.commons_policy import CommonsPolicy


class Vote(CommonsPolicy):
    """Every few steps each member proposes a limit; the median, or the first member's, is the norm until the next vote."""

    name = "vote"
    raises = ("voting",)
    acts_in_log: ClassVar[bool] = True
    test_parameters: ClassVar[dict[str, Any]] = {}

    every: Annotated[int, Field(ge=1, le=1_000_000)] = 3
    """Steps from one vote to the next."""
    by: Literal["median", "dictator"] = "median"
    """Whose proposal holds: the median of all, or the first member's."""
    groups: Annotated[int, Field(ge=1, le=1000)] = 1
    """Groups of members that each set a norm of their own (Ostrom's eighth principle); 1: all together."""

    def before_step(self, world: WorldFace) -> None:
        commons = world.community
        if (world.now - self.start) % self.every == 0:
            commons.voting, commons.groups = self.by, self.groups
        if not np.isnan(commons.voted).all():
            commons.set_norm(commons.voted, commons.settings.heeded["voted"])
