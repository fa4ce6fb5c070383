"""The platform counts only so many rows of one person."""

from typing import Annotated

from pydantic import Field

from windtunnel.policies.base import WorldFace
from windtunnel.policies.collective_action.action_policy import ActionPolicy


class SybilCap(ActionPolicy):
    """Of a member with several accounts no more than `most` rows count."""

    name = "sybil_cap"

    most: Annotated[float, Field(ge=1, le=1000)] = 1
    """Rows that count of one member."""

    def before_step(self, world: WorldFace) -> None:
        world.community.most_copies = self.most
