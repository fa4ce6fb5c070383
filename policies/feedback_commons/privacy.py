"""Privacy (3.6): what is known of who gave what."""

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.feedback_commons.feedback_policy import Count, Factor, FeedbackPolicy, Level


class DataCompliance(FeedbackPolicy):
    """Fewer leaks."""

    name = "data_compliance"

    safety: Share = 0.7
    """Part of leaks that do not happen."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.safety = max(levers.safety, self.safety)


class LoginMapping(FeedbackPolicy):
    """People may take back what they gave; signing in costs a little effort."""

    name = "login_mapping"
    raises = ("retracting", "easy")

    friction: Factor = 1.05
    """How many times the effort."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.interface /= self.friction
        levers.retraction = max(levers.retraction, 1)


class UserControl(FeedbackPolicy):
    """Who wants to may take its contributions back, and people trust the pool more."""

    name = "user_control"
    raises = ("retracting",)

    window: Count = 12
    """Steps within which they may."""
    trust: Level = 0.05
    """Added to trust."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.retraction = max(levers.retraction, self.window)
        levers.trust += self.trust


class Anonymise(FeedbackPolicy):
    """Leaks harm less; a contribution says less."""

    name = "anonymise"

    part: Share = 0.8
    """Part of the harm of a leak that is gone."""
    utility: Share = 0.95
    """What a contribution still says."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.anonymous = max(levers.anonymous, self.part)
        levers.utility *= self.utility
