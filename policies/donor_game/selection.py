"""How a generation becomes the next."""

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.donor_game.donor_policy import DonorPolicy


class Selection(DonorPolicy):
    """So many of a generation play on, and newcomers see the survivors' strategies or do not."""

    name = "selection"

    survive: Share = 0.5
    """Share of a generation that plays on; it is rounded to whole members."""
    copied: bool = False
    """Whether newcomers take over a survivor's strategy; else they begin as founders did."""

    def before_step(self, world: WorldFace) -> None:
        game = world.community
        game.survive, game.copied = int(round(self.survive * game.settings.size)), self.copied
