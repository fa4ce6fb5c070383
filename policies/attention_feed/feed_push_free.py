"""Readers may choose a feed without the advocate."""

from windtunnel.policies.attention_feed.feed_policy import FeedPolicy
from windtunnel.policies.base import WorldFace


class FeedPushFree(FeedPolicy):
    """Each reader may change to a ranking for itself alone, once and for good."""

    name = "feed_push_free"
    raises = ("choosing",)

    def before_step(self, world: WorldFace) -> None:
        world.community.choosing = True
