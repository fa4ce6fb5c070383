"""No fisher takes more than a quota."""

from typing import Annotated

import numpy as np
from pydantic import Field

from windtunnel.policies.base import Policy, WorldFace
from windtunnel.sim.plain import PlainActs


class Quota(Policy):
    """Who would take more than `most` fish takes just that many."""

    name = "quota"
    fits = ("pond",)

    most: Annotated[int, Field(ge=0)]
    """Fish a month."""

    def review(self, world: WorldFace, acts: PlainActs) -> None:
        if world.phase == "harvest":
            over = acts.amount > self.most
            acts.amount[over] = self.most
            acts.policy[over] = np.int16(world.log.code(self.label))
