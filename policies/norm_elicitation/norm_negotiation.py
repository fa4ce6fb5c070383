"""The norm that most people can live with becomes the rule."""

from typing import ClassVar

from windtunnel.policies.base import Policy, WorldFace


class NormNegotiation(Policy):
    """Everybody gives way to norms that look almost as wise as its own; the one that most can live with becomes the rule."""

    name = "norm_negotiation"
    fits = ("norm_elicitation",)
    acts_in_log: ClassVar[bool] = False

    def before_step(self, world: WorldFace) -> None:
        world.community.method = "negotiation"
