"""A limit that members are asked to keep to: fixed, or fitted to the stock (Ostrom's second principle)."""

from typing import Annotated, Literal

from pydantic import Field

from windtunnel.policies.base import WorldFace
from windtunnel.policies.commons.commons_policy import CommonsPolicy, Heeded


class QuotaNorm(CommonsPolicy):
    """Each is asked to take no more than an equal share of what grows back, or of part of it."""

    name = "quota_norm"

    of: Literal["stock", "full"] = "stock"
    """What the limit is made of: what grows back of the stock as it is, or of a stock at its best, whatever there is."""
    share: Annotated[float, Field(ge=0, le=10)] = 1.0
    """Part of what grows back that may be taken."""
    heeded: Heeded = 0.82
    """Chance that an even-tempered member keeps to it with nobody watching."""

    def before_step(self, world: WorldFace) -> None:
        commons = world.community
        stock = commons.begun if self.of == "stock" else commons.settings.capacity
        total = commons.settings.sustainable(stock)
        commons.set_norm(self.share * total / max(1, int(commons.here.sum())), self.heeded)
