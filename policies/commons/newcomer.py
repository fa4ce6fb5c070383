"""Members who waited outside come in, unless the boundaries of the commons keep them out."""

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from windtunnel.policies.base import WorldFace
from windtunnel.policies.commons.commons_policy import CommonsPolicy


class Newcomer(CommonsPolicy):
    """Those who wait (`community.settings.waiting`) come in at one step, if there is room for them."""

    name = "newcomer"
    acts_in_log: ClassVar[bool] = True

    at: Annotated[int, Field(ge=0, le=1_000_000)] = 3
    """The step at which they come in, the first being 0."""

    def before_step(self, world: WorldFace) -> None:
        commons = world.community
        if world.now == self.at:
            outside = np.flatnonzero(~commons.here)
            room = (
                max(0, commons.room - int(commons.here.sum())) if commons.room is not None else len(outside)
            )
            let_in = outside[:room]
            commons.let_in(let_in, world.now)
            world.log.add(world.now, "come_in", commons.members.id[let_in], policy=self.label)
