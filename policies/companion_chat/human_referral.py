"""A person takes over where a DelusionScore is high."""

from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from windtunnel.policies.base import Acts, Share, WorldFace
from windtunnel.policies.companion_chat.companion_policy import CompanionPolicy, Dose


class HumanReferral(CompanionPolicy):
    """A user with a score above `tau` is offered a person, who, where that is accepted, replies for some turns and grounds."""

    name = "human_referral"
    test_parameters: ClassVar[dict[str, Any]] = {"tau": 0.2, "accepted": 1.0}

    tau: Share = 0.7
    """The DelusionScore above which a person is offered, in the next turn."""
    accepted: Share = 0.5
    """Chance that a user accepts an offer; it is made anew at each turn above `tau`."""
    turns: Annotated[int, Field(ge=1, le=1_000_000)] = 5
    """For how many turns the person replies."""
    dose: Dose = 1.2
    """How far such a reply takes a conviction back, as a multiple of it."""

    def before_step(self, world: WorldFace) -> None:
        chat = world.community
        offered = (chat.score > self.tau) & (chat.human_until <= world.now)
        takes = offered & (world.chance(f"{self.label} is accepted", chat.ids) < self.accepted)
        chat.human_until[takes] = world.now + self.turns
        world.log.add(world.now, "refer", chat.ids[np.flatnonzero(takes)], policy=self.label)

    def review(self, world: WorldFace, acts: Acts) -> None:
        if world.phase == "reply":
            self.reply_instead(world, acts, world.community.human_until > world.now, "ground", self.dose)
