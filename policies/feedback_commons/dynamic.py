"""Dynamic (3.5): a pool that stays up to date."""

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.feedback_commons.feedback_policy import Count, FeedbackPolicy, Level


class PooledFeedback(FeedbackPolicy):
    """All firms use all feedback."""

    name = "pooled_feedback"

    part: Share = 1.0
    """Part of what firms keep to themselves that is pooled."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.shared += self.part


class AnnotationDrives(FeedbackPolicy):
    """Contributions come in besides, for each group in turn."""

    name = "annotation_drives"

    each: Count = 10
    """Contributions in a drive."""
    every: Count = 4
    """Steps from one drive to the next."""

    def before_step(self, world: WorldFace) -> None:
        place = world.community
        levers = place.levers
        if (world.now - self.start) % self.every == 0:
            group = (world.now - self.start) // self.every % place.settings.groups
            levers.drive[group] = levers.drive.get(group, 0.0) + self.each


class FeedbackMediator(FeedbackPolicy):
    """Each group contributes besides, as far as it uses models."""

    name = "feedback_mediator"

    weight: Level = 0.05
    """Contributions a use."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.implicit += self.weight
        levers.open.add("models")


class RefreshFeedback(FeedbackPolicy):
    """Part of the feedback that would go stale is kept."""

    name = "refresh_feedback"

    part: Share = 0.2
    """Part of it."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.refresh = max(levers.refresh, self.part)
        levers.open.add("timeline")
