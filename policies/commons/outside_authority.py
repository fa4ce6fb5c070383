"""An authority from outside that may put aside what members voted (the reverse of Ostrom's seventh principle)."""

import numpy as np

from windtunnel.policies.base import CANCELLED, Acts, Share, WorldFace
from windtunnel.policies.commons.commons_policy import CommonsPolicy


class OutsideAuthority(CommonsPolicy):
    """Each vote is void with the chance `overrides`; the norm before it stays."""

    name = "outside_authority"
    acts_in_log = True

    overrides: Share = 0.5
    """Chance that a vote is put aside; 0: never."""

    def review(self, world: WorldFace, acts: Acts) -> None:
        void = world.chance(f"{self.label} overrides", np.zeros(1, np.int64))[0] < self.overrides
        if world.phase == "vote" and void:
            acts.policy[acts.passed] = world.log.code(self.label)
            acts.verdict[:] = CANCELLED
