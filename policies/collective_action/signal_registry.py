"""Collectives see each other's signals, and choose another where theirs is taken."""

import numpy as np

from windtunnel.policies.base import WorldFace
from windtunnel.policies.collective_action.action_policy import ActionPolicy


class SignalRegistry(ActionPolicy):
    """A collective whose signal an earlier one uses for another target takes the first signal that nobody uses, if any."""

    name = "signal_registry"

    def before_step(self, world: WorldFace) -> None:
        place = world.community
        signals, targets = place.signals, place.targets
        for later in range(1, len(signals)):
            taken = (signals[:later] == signals[later]) & (targets[:later] != targets[later])
            free = np.setdiff1d(np.arange(place.settings.signals), signals)
            if taken.any() and len(free):
                signals[later] = free[0]
