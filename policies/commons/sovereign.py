"""One member takes last and sees what the others took (SovSim)."""

from typing import Any, ClassVar, Literal

from windtunnel.policies.base import WorldFace
from windtunnel.policies.commons.commons_policy import CommonsPolicy


class Sovereign(CommonsPolicy):
    """The first member leads: it takes after all others, from what they left."""

    name = "sovereign"
    raises = ("leading",)
    test_parameters: ClassVar[dict[str, Any]] = {"kind": "announcing"}

    kind: Literal["boss", "king", "announcing"] = "king"
    """A boss may take as much as any other; a king all that is left; an announcing king first says a stock, true or not."""

    def before_step(self, world: WorldFace) -> None:
        world.community.leader = self.kind
