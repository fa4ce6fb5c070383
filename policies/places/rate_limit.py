"""So many messages a day and no more."""

from typing import Annotated, ClassVar

from pydantic import Field

from windtunnel.policies.base import Acts, WorldFace
from windtunnel.policies.places.places_policy import PlacesPolicy


class RateLimit(PlacesPolicy):
    """Nobody writes more than `most` messages a step."""

    name = "rate_limit"
    acts_in_log: ClassVar[bool] = True

    most: Annotated[int, Field(ge=0, le=1_000_000)] = 3
    """Messages a step."""

    def review(self, world: WorldFace, acts: Acts) -> None:
        if world.phase == "write":
            over = acts.passed & (acts.amount > self.most)
            acts.amount[over] = self.most
            acts.policy[over] = world.log.code(self.label)
