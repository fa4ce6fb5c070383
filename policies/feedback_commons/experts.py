"""Experts (3.3): feedback that few can give."""

from windtunnel.policies.base import WorldFace
from windtunnel.policies.feedback_commons.feedback_policy import Factor, FeedbackPolicy, Level


class LocalSchema(FeedbackPolicy):
    """Experts are more motivated."""

    name = "local_schema"

    motive: Level = 0.5
    """Added to their motivation."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.expert_motive += self.motive


class ExpertRouting(FeedbackPolicy):
    """Experts contribute more."""

    name = "expert_routing"

    factor: Factor = 2.0
    """How many times."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.expert_pace *= self.factor
