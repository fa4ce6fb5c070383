"""An institution that judges negligent falsehoods, and that may be captured (Evans et al. 2021, arXiv 2110.06674)."""

from typing import Annotated

import numpy as np
from pydantic import Field

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.misinformation.misinformation_policy import DetectingLater


class TruthInstitution(DetectingLater):
    """It takes down and fines falsehoods whose writer should have known; captured, it takes inconvenient truths down too."""

    name = "truth_institution"
    raises = ("fined",)

    capture: Share = 0.0
    """Chance that it stops a true message that one side would rather not have said; 0: it cannot be captured."""
    fine: Annotated[float, Field(ge=0, le=100)] = 1.0
    """How much a fine makes its writer shrink from writing; it wears off by a tenth a step. 0: it only takes down."""

    def before_step(self, world: WorldFace) -> None:
        place = world.community
        messages = place.messages
        now = place.due(world.now, self.steps(world)) & ~place.due(world.now - 1, self.steps(world))
        negligent = (messages.score > self.threshold) & (messages.known | ~messages.false)
        lot = world.chance(f"{self.label} is captured", messages.id) < self.capture
        judged = now & (negligent | (messages.inconvenient & lot)) & (messages.visible > 0)
        np.add.at(place.fined, messages.author[judged], self.fine)
        place.stop(world, judged, self.label)
