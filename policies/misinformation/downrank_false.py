"""What a detector takes for false is shown to fewer."""

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.misinformation.misinformation_policy import DetectingLater


class DownrankFalse(DetectingLater):
    """What a detector takes for false is noticed by a part of those whom it would have reached."""

    name = "downrank_false"

    reach: Share = 0.3
    """Part of those that it still reaches; 1: all."""

    def before_step(self, world: WorldFace) -> None:
        place = world.community
        messages = place.messages
        new = self.found(world) & (messages.visible > self.reach)
        messages.visible[new] = self.reach
        world.log.add(world.now, "downrank", place.members.id[messages.author[new]], policy=self.label)
