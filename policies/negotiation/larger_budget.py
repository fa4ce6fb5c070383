"""There is more to spend."""

from typing import Annotated

from pydantic import Field

from windtunnel.policies.base import WorldFace
from windtunnel.policies.negotiation.negotiation_policy import NegotiationPolicy


class LargerBudget(NegotiationPolicy):
    """The budget for measures is larger; it takes a policy that decides for anything to be bought."""

    name = "larger_budget"

    more: Annotated[float, Field(ge=0, le=1_000_000)] = 2.0
    """Added to the budget; 0: off."""

    def before_step(self, world: WorldFace) -> None:
        world.community.budget += self.more
