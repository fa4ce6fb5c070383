"""What serves the advocate is marked."""

from windtunnel.policies.attention_feed.feed_policy import FeedPolicy
from windtunnel.policies.base import Share, WorldFace


class FeedTransparency(FeedPolicy):
    """Readers see a mark on objects that are worth much to the advocate, and may open them less."""

    name = "feed_transparency"
    raises = ("marked",)

    wary: Share
    """Where readers have no mind (the users of a recommender): the share of them who pass over what is marked."""

    def before_step(self, world: WorldFace) -> None:
        rule = world.community.feed_rule
        rule.marked, rule.wary = True, self.wary
