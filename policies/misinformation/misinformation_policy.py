"""The bases of the policies of misinformation; a detector's threshold follows from the false alarms that it may raise."""

from math import ceil
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field
from scipy.special import ndtri

from windtunnel.policies.base import Delay, Policy, WorldFace


class MisinformationPolicy(Policy):
    """A policy that fits misinformation."""

    fits: ClassVar[tuple[str, ...]] = ("misinformation",)


class Detecting(MisinformationPolicy):
    """Takes messages for false that score above a threshold."""

    false_alarms: Annotated[float, Field(gt=0, lt=1, json_schema_extra={"unit": "share"})] = 0.05
    """Share of true messages that the detector takes for false: its point on the ROC curve."""

    @property
    def threshold(self) -> float:
        """The score from which on a message is taken for false."""
        return float(ndtri(1 - self.false_alarms))


class DetectingLater(Detecting):
    """Looks at each message once it has been out for `latency`."""

    latency: Delay = 0.0
    """Time from a message to the detector's finding; 0: before anybody has read it."""

    def steps(self, world: WorldFace) -> int:
        """The latency in whole steps."""
        return ceil(self.latency / world.step_hours)

    def found(self, world: WorldFace) -> np.ndarray:
        """Which messages (m,) bool of those that go round have been found by now."""
        place = world.community
        return place.due(world.now, self.steps(world)) & (place.messages.score > self.threshold)
