"""The feed is ranked by a rule, and looks fall on a place by how far up it stands."""

from typing import ClassVar

import numpy as np
from pydantic import field_validator

from windtunnel.policies.base import WorldFace
from windtunnel.policies.forum.forum_policy import ForumPolicy
from windtunnel.policies.forum.rankers import ranker


class FeedRanker(ForumPolicy):
    """Posts stand in the order of a `ranker`; the k-th place, from 0, draws a look with a weight of 1 / log2(k + 2)."""

    name = "feed_ranker"
    acts_in_log = False
    where_learned: ClassVar[bool] = False

    ranker: str
    """Which one: new, hot, votes, heated, bridging, or one of another package."""

    @field_validator("ranker")
    @classmethod
    def _known(cls, value: str) -> str:
        ranker(value)
        return value

    def rerank(self, world: WorldFace, pull: np.ndarray) -> None:
        world.community.rank(self.ranker, pull, world.now)
