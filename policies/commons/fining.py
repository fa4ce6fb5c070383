"""Members may pay to fine others: costly punishment, graduated or flat (Ostrom's fifth principle)."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from windtunnel.policies.base import WorldFace
from windtunnel.policies.commons.commons_policy import CommonsPolicy

Points = Annotated[float, Field(ge=0, le=1_000_000)]


class Fining(CommonsPolicy):
    """Who saw another take more than the norm may pay `cost` to take `fine` from it; nothing happens with a fine of 0."""

    name = "fining"
    raises = ("fining", "watched", "fear")
    test_parameters: ClassVar[dict[str, Any]] = {"fine": 1.0}

    cost: Points = 0.1
    """Points that fining somebody costs."""
    fine: Points = 0.5
    """Points that a fine takes; 0 is off."""
    graduated: bool = True
    """Whether a fine is dearer, the more often one was fined."""

    def before_step(self, world: WorldFace) -> None:
        if self.fine > 0:
            world.community.fining = self
