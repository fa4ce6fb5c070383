"""Readers may choose a feed without the advocate."""

from windtunnel.policies.attention_feed.feed_policy import FeedPolicy
from windtunnel.policies.base import Share, WorldFace


class FeedPushFree(FeedPolicy):
    """Each reader may change to a ranking for itself alone, once and for good."""

    name = "feed_push_free"
    raises = ("choosing",)

    takers: Share
    """Where readers have no mind (the users of a recommender): the share of them who change."""

    def before_step(self, world: WorldFace) -> None:
        rule = world.community.feed_rule
        rule.choosing, rule.takers = True, self.takers
