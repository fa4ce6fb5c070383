"""Effort (3.2): what a contribution costs, and how much is learned from it."""

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.feedback_commons.feedback_policy import Factor, FeedbackPolicy, Level


class EasyInterface(FeedbackPolicy):
    """The effort of a contribution is divided."""

    name = "easy_interface"
    raises = ("easy",)

    factor: Factor = 1.5
    """What it is divided by."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.interface *= self.factor


class ActiveSampling(FeedbackPolicy):
    """A contribution says more."""

    name = "active_sampling"

    gain: Factor = 1.25
    """How many times."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.information *= self.gain


class ImplicitFeedback(FeedbackPolicy):
    """Use brings feedback, with errors."""

    name = "implicit_feedback"

    weight: Level = 0.3
    """Of a use that might tell something, beside a contribution of 1."""
    errors: Share = 0.5
    """Part of it that is misread."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.implicit += self.weight * (1 - self.errors)
