"""Only so many may use the commons (Ostrom's first principle)."""

from typing import Annotated

from pydantic import Field

from windtunnel.policies.base import WorldFace
from windtunnel.policies.commons.commons_policy import CommonsPolicy


class Boundaries(CommonsPolicy):
    """No newcomer is let in where `most` members use the commons already; write it before the policy that lets them in."""

    name = "boundaries"

    most: Annotated[int, Field(ge=0, le=20_000_000)] = 4
    """Members who may use the commons."""

    def before_step(self, world: WorldFace) -> None:
        world.community.room = self.most
