"""How well members see what others take (Ostrom's fourth principle)."""

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.commons.commons_policy import CommonsPolicy


class Monitoring(CommonsPolicy):
    """Each taking is seen by each other member with the chance `detection`."""

    name = "monitoring"

    detection: Share = 0.9
    """Chance that one member sees what another took; 0: nobody sees anything."""

    def before_step(self, world: WorldFace) -> None:
        world.community.detection = self.detection
