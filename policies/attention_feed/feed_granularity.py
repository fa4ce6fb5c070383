"""Objects come bundled, or are taken apart."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from windtunnel.policies.attention_feed.feed_policy import FeedPolicy
from windtunnel.policies.base import WorldFace

BUNDLED = {"attention_feed": "objects", "collective_action": "cells"}
"""By community, the setting that says how many objects are ranked at once, all of which must fill whole bundles."""


class FeedGranularity(FeedPolicy):
    """The platform may move bundles of `block` objects only: small ones if it can take things apart and mix them anew."""

    name = "feed_granularity"
    forces = ("pull", "push")

    block: Annotated[int, Field(ge=1, le=1000)]
    """Objects in a bundle, in the order in which they came; of an attention feed and of a recommender a divisor of their number."""

    def check_place(self, community: str, settings: Mapping[str, Any]) -> None:
        if name := BUNDLED.get(community):
            self._check_divides(int(settings[name]))

    def before_step(self, world: WorldFace) -> None:
        if objects := getattr(world.community, "bundled_objects", None):
            self._check_divides(objects)
        world.community.feed_rule.block = self.block

    def _check_divides(self, objects: int) -> None:
        if objects % self.block:
            raise ValueError(
                f"feed_granularity.block is {self.block}: give a divisor of the {objects} objects"
            )
