"""Donors may punish instead of giving."""

from typing import Annotated

from pydantic import Field

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.donor_game.donor_policy import DonorPolicy


class CostlyPunishment(DonorPolicy):
    """A donor may spend a part of its resources to take a multiple of that from the recipient; it then gives nothing."""

    name = "costly_punishment"
    raises = ("punishing",)

    spend: Share = 0.1
    """Part of the donor's resources that a punishment costs; 0 is off."""
    factor: Annotated[float, Field(ge=0, le=1_000_000)] = 2.0
    """How many times that the recipient loses, at most all that it has."""

    def before_step(self, world: WorldFace) -> None:
        if self.spend > 0:
            world.community.punishing = self
