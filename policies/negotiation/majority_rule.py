"""Proposals pass by majority."""

from windtunnel.policies.base import WorldFace
from windtunnel.policies.negotiation.negotiation_policy import NegotiationPolicy


class MajorityRule(NegotiationPolicy):
    """Each round what most groups proposed is put to the vote; it passes where more than half gain by it."""

    name = "majority_rule"
    raises = ("deciding", "voting")

    def before_step(self, world: WorldFace) -> None:
        world.community.mode = "majority"
