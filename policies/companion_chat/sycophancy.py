"""A companion that affirms more readily, or less: a property of the model."""

from typing import Annotated, ClassVar

from pydantic import Field

from windtunnel.policies.base import WorldFace
from windtunnel.policies.companion_chat.companion_policy import CompanionPolicy


class Sycophancy(CompanionPolicy):
    """The chance of affirming becomes `k` times the conviction that is heard; a language model is told how it was built."""

    name = "sycophancy"
    acts_in_log: ClassVar[bool] = False

    k: Annotated[float, Field(ge=0, le=10)] = 0.4
    """Chance of affirming, as a multiple of the conviction that is heard."""

    def before_step(self, world: WorldFace) -> None:
        world.community.sycophancy = self.k
