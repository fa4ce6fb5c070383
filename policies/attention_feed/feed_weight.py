"""The weight of readers' interest in the ranking is set by rule."""

from windtunnel.policies.attention_feed.feed_policy import FeedPolicy
from windtunnel.policies.base import Share, WorldFace


class FeedWeight(FeedPolicy):
    """The ranking weighs the reader's utility by `weight`, the advocate's by the rest."""

    name = "feed_weight"
    forces = ("pull", "push")

    weight: Share
    """0: all for the advocate; 1: all for the reader."""

    def before_step(self, world: WorldFace) -> None:
        world.community.feed_rule.weight = self.weight
