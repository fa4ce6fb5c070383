"""A public answering machine that learns from whom it may (arXiv 2507.09296)."""

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.info_commons.info_policy import InfoPolicy


class PublicOption(InfoPolicy):
    """A machine without a price answers from the work of producers who consent, and sends some of its readers on to producers."""

    name = "public_option"

    consent: Share = 0.6
    """Part of the producers who let it learn from them."""
    refers: Share = 0.3
    """Part of its readers who go on to producers."""

    def before_step(self, world: WorldFace) -> None:
        world.community.public = self
