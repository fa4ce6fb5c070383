"""A mild correction at every turn, whatever was said."""

from windtunnel.policies.base import Acts, WorldFace
from windtunnel.policies.companion_chat.companion_policy import CompanionPolicy, Dose


class AlwaysGround(CompanionPolicy):
    """A companion never affirms: it grounds in every reply."""

    name = "always_ground"
    forces = ("affirmation",)

    dose: Dose = 0.6
    """How far a reply takes a conviction back, as a multiple of it."""

    def review(self, world: WorldFace, acts: Acts) -> None:
        if world.phase == "reply":
            everybody = world.community.score >= 0
            self.reply_instead(world, acts, everybody, "ground", self.dose)
