"""The platform drops rare signals, or merges those that are nearly alike, before it learns."""

from typing import Annotated

from pydantic import Field

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.collective_action.action_policy import ActionPolicy


class Robustify(ActionPolicy):
    """A signal, or a token, that is in less than this share of rows is dropped, and neighbouring signals are one; not on a recommender."""

    name = "robustify"

    share: Share = 0.05
    """The share of rows below which it is dropped; 0: off."""

    merged: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    """Signals next to each other that it takes for one: 2 makes one of 0 and 1, one of 2 and 3; 1: off."""

    def before_step(self, world: WorldFace) -> None:
        place = world.community
        place.learning = place.learning._replace(rare=self.share, merged=self.merged)
