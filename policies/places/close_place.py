"""A whole place is closed."""

from typing import Annotated

from pydantic import Field

from windtunnel.policies.base import WorldFace
from windtunnel.policies.places.places_policy import PlacesPolicy


class ClosePlace(PlacesPolicy):
    """One place is closed for good: its authors fall silent or move to another, and nobody writes there any more."""

    name = "close_place"
    raises = ("closing",)

    place: Annotated[int, Field(ge=0, le=49)] = 0
    """Which of the places, the first being 0; one that is not there is never closed."""
    at: Annotated[int, Field(ge=0, le=1_000_000)] = 7
    """The step from which on it is closed."""

    def before_step(self, world: WorldFace) -> None:
        closed = world.community.closed
        if world.now >= self.at and self.place < len(closed):
            closed[self.place] = True
