"""Diversity (3.4): who takes part, and how they are protected."""

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.feedback_commons.feedback_policy import Count, FeedbackPolicy, Level


class PeerProduction(FeedbackPolicy):
    """People who waited outside are let in, some each step."""

    name = "peer_production"

    each: Count = 2
    """People a step."""

    def before_step(self, world: WorldFace) -> None:
        place = world.community
        levers = place.levers
        place.let_in(self.each, world.now)
        levers.open.add("people")


class Outreach(FeedbackPolicy):
    """The extra effort of small groups falls."""

    name = "outreach"

    reach: Share = 1.0
    """Part of it that is taken away."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.outreach = max(levers.outreach, self.reach)


class BurdenCap(FeedbackPolicy):
    """Contributions a person and step are limited, and trust rises."""

    name = "burden_cap"

    most: Count = 4
    """Contributions."""
    trust: Level = 0.05
    """Added to trust."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.most = self.most
        levers.trust += self.trust


class Multilingual(FeedbackPolicy):
    """Part of the extra effort of small groups falls."""

    name = "multilingual"

    reach: Share = 0.7
    """Part of it that is taken away."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.outreach = max(levers.outreach, self.reach)


class BiasAudit(FeedbackPolicy):
    """Biased contributions are found and dropped."""

    name = "bias_audit"

    recall: Share = 0.8
    """Part of them that is found."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.audit = max(levers.audit, self.recall)


class Contestation(FeedbackPolicy):
    """Disputed contributions count in full where they are resolved."""

    name = "contestation"

    resolved: Share = 0.7
    """Part of them that is resolved."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.resolved = max(levers.resolved, self.resolved)
