"""The law lets producers bargain together (arXiv 2506.10272)."""

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.info_commons.info_policy import InfoPolicy


class SafeHarbour(InfoPolicy):
    """More producers than antitrust law allows may bargain together."""

    name = "safe_harbour"

    cap: Share = 1.0
    """Part of the producers who may."""

    def before_step(self, world: WorldFace) -> None:
        world.community.cap = max(world.community.cap, self.cap)
