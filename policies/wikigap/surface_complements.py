"""Facts that only other languages have are shown."""

from typing import Annotated, ClassVar

from pydantic import Field

from windtunnel.policies.base import Policy, WorldFace


class SurfaceComplements(Policy):
    """Up to `most` facts of each other language stand beside the text."""

    name = "surface_complements"
    fits: ClassVar[tuple[str, ...]] = ("wikigap",)
    raises = ("surfaced",)
    forces = ("coverage",)
    acts_in_log: ClassVar[bool] = False

    most: Annotated[int, Field(ge=0, le=1000)] = 10
    """Facts of each other language; 0: off."""

    def before_step(self, world: WorldFace) -> None:
        world.community.surfaced = self.most
