"""Builders have to document what they used (arXiv 2409.19104)."""

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.info_commons.info_policy import InfoPolicy


class DocumentationMandate(InfoPolicy):
    """Builders document what they used, with a chance; whoever documents hides nothing from a coalition."""

    name = "documentation_mandate"
    forces = ("documentation_rate",)

    compliance: Share = 0.9
    """Chance a month that a builder complies."""

    def before_step(self, world: WorldFace) -> None:
        place = world.community
        place.documented = max(place.documented, self.compliance)
