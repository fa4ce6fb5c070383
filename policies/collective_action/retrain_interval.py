"""The platform learns more seldom."""

from typing import Annotated

from pydantic import Field

from windtunnel.policies.base import WorldFace
from windtunnel.policies.collective_action.action_policy import ActionPolicy


class RetrainInterval(ActionPolicy):
    """From one training to the next pass so many rounds."""

    name = "retrain_interval"

    every: Annotated[int, Field(ge=1, le=1_000_000)] = 3
    """Rounds from one training to the next."""

    def before_step(self, world: WorldFace) -> None:
        world.community.retrain = self.every
