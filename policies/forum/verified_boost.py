"""The feed shows more of verified authors."""

from typing import Annotated

import numpy as np
from pydantic import Field, PrivateAttr

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.forum.forum_policy import ForumPolicy


class VerifiedBoost(ForumPolicy):
    """Some of those who are there at the start are verified: what they write has `boost` more of (log) pull on attention."""

    name = "verified_boost"
    acts_in_log = False
    test_parameters = {"share": 0.3, "boost": 5.0}

    share: Share
    """Share of members who are verified; who joins later is not; 0: off."""
    boost: Annotated[float, Field(ge=0, le=100)]
    """Added to the log of a post's pull: 2.3 makes it ten times; 0: off."""

    _verified: np.ndarray | None = PrivateAttr(None)

    def before_step(self, world: WorldFace) -> None:
        if self._verified is None:
            members = world.community.members
            drawn = world.chance(f"{self.label} verifies", members.id) < self.share
            self._verified = drawn & (members.joined <= world.now)

    def rerank(self, world: WorldFace, pull: np.ndarray) -> None:
        if self._verified is not None:
            pull[self._verified[world.community.posts.author]] += self.boost
