"""Legal (3.7): what one may do with feedback, and knows of it."""

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.feedback_commons.feedback_policy import FeedbackPolicy, Level


class Datacard(FeedbackPolicy):
    """Firms reuse more of each other's feedback."""

    name = "datacard"

    sharing: Share = 0.1
    """Added to the part that firms share."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.shared += self.sharing
        levers.open.add("methodology")


class RevocableConsent(FeedbackPolicy):
    """People trust the pool more, and may take back what they gave."""

    name = "revocable_consent"
    raises = ("retracting",)

    trust: Level = 0.3
    """Added to trust."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.trust += self.trust
        levers.retraction = max(levers.retraction, 1000)


class PermissiveLicence(FeedbackPolicy):
    """Firms reuse more of it."""

    name = "permissive_licence"

    sharing: Share = 0.1
    """Added to the part that is shared."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.shared += self.sharing
        levers.open.add("access")
