"""Incentives (3.1): why people and firms give."""

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.feedback_commons.feedback_policy import FeedbackPolicy, Level


class ClearMission(FeedbackPolicy):
    """Who shares its values is more motivated."""

    name = "clear_mission"

    fit: Level = 0.3
    """Added to the motivation of those whose values it fits."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.mission += self.fit


class FirmSharing(FeedbackPolicy):
    """Firms share more of the feedback that they hold."""

    name = "firm_sharing"

    bonus: Share = 0.2
    """Added to the part that they share."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.shared += self.bonus


class NeutralHost(FeedbackPolicy):
    """People trust it more, and firms share more with it."""

    name = "neutral_host"

    trust: Level = 0.1
    """Added to trust."""
    sharing: Share = 0.1
    """Added to the part that firms share."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.trust += self.trust
        levers.shared += self.sharing
        levers.open.add("models")


class MixedRewards(FeedbackPolicy):
    """Pay brings contributions and drives out part of the motivation to give for nothing."""

    name = "mixed_rewards"
    raises = ("paid",)

    pay: Level = 0.3
    """Of a contribution."""
    crowding: Share = 0.3
    """Part of the intrinsic motivation that pay drives out."""
    leaderboard: Level = 0.0
    """Log-odds that standing among the tenth who gave most adds."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.pay, levers.crowding = self.pay, self.crowding
        levers.leaderboard += self.leaderboard
