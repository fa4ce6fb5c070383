"""What a detector takes for false gets a label."""

from windtunnel.policies.base import WorldFace
from windtunnel.policies.misinformation.misinformation_policy import DetectingLater


class LabelFalse(DetectingLater):
    """What a detector takes for false bears a label: fewer pass it on, and who reads it believes less of it."""

    name = "label_false"
    raises = ("labelled",)

    def before_step(self, world: WorldFace) -> None:
        place = world.community
        new = self.found(world) & ~place.messages.labelled & (place.messages.visible > 0)
        place.messages.labelled |= new
        world.log.add(world.now, "label", place.members.id[place.messages.author[new]], policy=self.label)
