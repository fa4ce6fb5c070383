"""What serves the advocate is marked."""

from windtunnel.policies.attention_feed.feed_policy import FeedPolicy
from windtunnel.policies.base import WorldFace


class FeedTransparency(FeedPolicy):
    """Readers see a mark on objects that are worth much to the advocate, and may open them less."""

    name = "feed_transparency"
    raises = ("marked",)

    def before_step(self, world: WorldFace) -> None:
        world.community.marked = True
