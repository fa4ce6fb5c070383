"""A trusted intermediary watches what builders use (arXiv 2506.10272)."""

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.info_commons.info_policy import InfoPolicy


class Intermediary(InfoPolicy):
    """It takes a commission of what a coalition is paid, and finds a part of the use that builders hide."""

    name = "intermediary"

    commission: Share = 0.05
    """Part of the payments that it keeps."""
    monitoring: Share = 0.8
    """Part of the hidden use (`community.settings.hidden`) that it finds."""

    def before_step(self, world: WorldFace) -> None:
        place = world.community
        place.commission = self.commission
        place.hidden *= 1 - self.monitoring
