"""Members are told what would happen if everybody took more than a sustainable share."""

from windtunnel.policies.base import View, WorldFace
from windtunnel.policies.commons.commons_policy import CommonsPolicy, Heeded


class Universalization(CommonsPolicy):
    """A sentence before each taking; some then take no more than what keeps the stock."""

    name = "universalization"
    raises = ("urged",)

    heeded: Heeded = 0.5
    """Chance that an even-tempered member who is ruled by rules of thumb heeds it."""

    def before_step(self, world: WorldFace) -> None:
        world.community.set_norm(world.community.fair(), self.heeded)

    def offer(self, world: WorldFace, view: View) -> None:
        if world.phase in ("take", "talk"):
            view.feature("urged")[:] = 1
