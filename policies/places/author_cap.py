"""So many messages in one place and no more."""

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from windtunnel.policies.base import Acts, WorldFace
from windtunnel.policies.places.places_policy import PlacesPolicy


class AuthorCap(PlacesPolicy):
    """Nobody writes more than `most` messages in its place in all; what would go beyond is not written."""

    name = "author_cap"
    acts_in_log: ClassVar[bool] = True

    most: Annotated[int, Field(ge=0, le=1_000_000)] = 10
    """Messages of one author in one place."""

    def review(self, world: WorldFace, acts: Acts) -> None:
        if world.phase != "write":
            return
        place = world.community
        left = np.maximum(0, self.most - place.written[acts.rows, place.home[acts.rows]])
        over = acts.passed & (acts.amount > left)
        acts.amount[over] = left[over]
        acts.policy[over] = world.log.code(self.label)
