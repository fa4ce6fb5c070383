"""How much donors are told of others' past."""

from typing import Annotated

from pydantic import Field

from windtunnel.policies.base import WorldFace
from windtunnel.policies.donor_game.donor_policy import DonorPolicy


class TraceDepth(DonorPolicy):
    """Donors are told of so many decisions: the recipient's last, its then-partner's before that, and one more."""

    name = "trace_depth"

    depth: Annotated[int, Field(ge=0, le=3)] = 1
    """Decisions that a donor is told of; 0: none."""

    def before_step(self, world: WorldFace) -> None:
        world.community.depth = self.depth
