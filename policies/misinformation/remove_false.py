"""What a detector takes for false is removed."""

from windtunnel.policies.base import WorldFace
from windtunnel.policies.misinformation.misinformation_policy import DetectingLater


class RemoveFalse(DetectingLater):
    """What a detector takes for false is taken down; nobody sees or passes it on from then on."""

    name = "remove_false"

    def before_step(self, world: WorldFace) -> None:
        world.community.stop(world, self.found(world), self.label)
