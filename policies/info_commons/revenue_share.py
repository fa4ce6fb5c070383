"""Builders share revenue with all whose work their answers draw on (arXiv 2305.02555)."""

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.info_commons.info_policy import InfoPolicy


class RevenueShare(InfoPolicy):
    """A part of builders' revenue goes to producers: each topic gets what is asked about it, each producer its part of the topic."""

    name = "revenue_share"

    share: Share = 0.1
    """Part of builders' revenue that is shared; 0: off."""

    def before_step(self, world: WorldFace) -> None:
        world.community.pool = self.share
