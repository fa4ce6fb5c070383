"""A cap on what each may take, advised or enforced."""

from typing import Annotated, Literal

from pydantic import Field

from windtunnel.policies.base import Acts, WorldFace
from windtunnel.policies.commons.commons_policy import CommonsPolicy, Heeded


class HarvestCap(CommonsPolicy):
    """Nobody may take more than a sustainable share: as a request, or so that more is not given out."""

    name = "harvest_cap"
    forces = ("over_usage",)
    acts_in_log = True

    kind: Literal["advisory", "hard"] = "hard"
    """Whether it is asked for or enforced."""
    share: Annotated[float, Field(ge=0, le=10)] = 1.0
    """The cap as a part of what each may take so that the stock stays as large."""
    heeded: Heeded = 0.8
    """Of an advisory cap: the chance that an even-tempered member keeps to it."""

    def before_step(self, world: WorldFace) -> None:
        if self.kind == "advisory":
            world.community.set_norm(self.share * world.community.fair(), self.heeded)

    def review(self, world: WorldFace, acts: Acts) -> None:
        if self.kind == "hard" and world.phase in ("take", "lead"):
            most = int(self.share * world.community.fair() / world.community.unit() + 1e-9)
            over = acts.passed & (acts.amount > most)
            acts.amount[over] = most
            acts.policy[over] = world.log.code(self.label)
