"""Nothing is ranked."""

from windtunnel.policies.attention_feed.feed_policy import FeedPolicy
from windtunnel.policies.base import WorldFace


class FeedNeutral(FeedPolicy):
    """Objects stand in the order in which they came, whatever they are to anybody."""

    name = "feed_neutral"
    forces = ("pull", "push")

    def before_step(self, world: WorldFace) -> None:
        world.community.feed_rule.ranked = False
