"""How much a gift is worth to who gets it."""

from typing import Annotated

from pydantic import Field

from windtunnel.policies.base import WorldFace
from windtunnel.policies.donor_game.donor_policy import DonorPolicy


class GiftMultiplier(DonorPolicy):
    """A gift is worth `times` as much to its recipient."""

    name = "gift_multiplier"

    times: Annotated[float, Field(ge=0, le=1000)] = 3.0
    """What the recipient gets for each point given."""

    def before_step(self, world: WorldFace) -> None:
        world.community.multiplier = self.times
