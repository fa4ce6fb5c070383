"""Objects come bundled, or are taken apart."""

from typing import Annotated

from pydantic import Field

from windtunnel.policies.attention_feed.feed_policy import FeedPolicy
from windtunnel.policies.base import WorldFace


class FeedGranularity(FeedPolicy):
    """The platform may move bundles of `block` objects only: small ones if it can take things apart and mix them anew."""

    name = "feed_granularity"
    forces = ("pull", "push")

    block: Annotated[int, Field(ge=1, le=1000)]
    """Objects in a bundle, in the order in which they came; of an attention feed and of a recommender a divisor of their number."""

    def before_step(self, world: WorldFace) -> None:
        objects = getattr(world.community, "bundled_objects", None)
        if objects and objects % self.block:
            raise ValueError(
                f"feed_granularity.block is {self.block}: give a divisor of the {objects} objects"
            )
        world.community.feed_rule.block = self.block
