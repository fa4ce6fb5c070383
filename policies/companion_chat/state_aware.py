"""Replies that depend on the user's state: grounding once a DelusionScore is high."""

from typing import Any, ClassVar

from windtunnel.policies.base import Acts, Share, WorldFace
from windtunnel.policies.companion_chat.companion_policy import CompanionPolicy, Dose


class StateAware(CompanionPolicy):
    """A companion grounds whenever the DelusionScore of what it hears is above `tau`."""

    name = "state_aware"
    test_parameters: ClassVar[dict[str, Any]] = {"tau": 0.2}

    tau: Share = 0.5
    """The DelusionScore above which it grounds; 1: never."""
    dose: Dose = 0.8
    """How far such a reply takes a conviction back, as a multiple of it."""

    def review(self, world: WorldFace, acts: Acts) -> None:
        if world.phase == "reply":
            self.reply_instead(world, acts, world.community.score > self.tau, "ground", self.dose)
