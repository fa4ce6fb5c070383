"""Who was fined without having broken the norm may appeal (Ostrom's sixth principle)."""

from windtunnel.policies.base import CANCELLED, Acts, Share, WorldFace
from windtunnel.policies.commons.commons_policy import CommonsPolicy


class Appeal(CommonsPolicy):
    """A fine on somebody who kept to the norm is lifted with the chance `granted`."""

    name = "appeal"
    acts_in_log = True

    granted: Share = 0.8
    """Chance that a wrong fine is lifted."""

    def review(self, world: WorldFace, acts: Acts) -> None:
        if world.phase != "fine" or not len(acts.rows):
            return
        commons = world.community
        wrong = ~commons.broke_norm(acts.target)
        wrong &= world.chance(f"{self.label} granted", acts.ids) < self.granted
        acts.verdict[wrong] = CANCELLED
        acts.policy[wrong] = world.log.code(self.label)
