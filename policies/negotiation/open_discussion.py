"""Groups tell each other what they know before they decide."""

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.negotiation.negotiation_policy import NegotiationPolicy


class OpenDiscussion(NegotiationPolicy):
    """Each round part of what groups wrongly believe of measures is cleared up; what these are worth to them stays."""

    name = "open_discussion"

    clears: Share = 0.4
    """Part of the errors that one round takes away; 0: off."""

    def before_step(self, world: WorldFace) -> None:
        world.community.talk(self.clears)
