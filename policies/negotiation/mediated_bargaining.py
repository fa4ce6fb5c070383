"""A neutral mediator tables proposals; each needs the consent of all (after arXiv 2503.12613)."""

from typing import Annotated

from pydantic import Field

from windtunnel.policies.base import WorldFace
from windtunnel.policies.negotiation.negotiation_policy import NegotiationPolicy


class MediatedBargaining(NegotiationPolicy):
    """Each round a mediator tables the proposal that does most for its cost; one refusal stops it. Nobody falls below the base."""

    name = "mediated_bargaining"
    raises = ("deciding",)

    total: Annotated[float, Field(ge=0, le=100)] = 1.0
    """Weight of what all gain together."""
    worst: Annotated[float, Field(ge=0, le=100)] = 2.0
    """Weight of what the worst off group gains."""

    def before_step(self, world: WorldFace) -> None:
        world.community.mode, world.community.weights = "consensus", (self.total, self.worst)
