"""Who is caught: moderators and classifiers see some hostile posts, and take some civil ones for hostile."""

import numpy as np
from pydantic import PrivateAttr

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.forum.forum_policy import ForumPolicy


class Detecting(ForumPolicy):
    """A policy that looks once at each new post; each tone has its own chance of being caught."""

    detection: Share
    """Share of hostile posts that are caught; 0: none."""
    heated: Share
    """Share of heated posts that are caught; 0: none."""
    false_positive: Share
    """Share of civil posts that are caught; 0: none."""

    _looked: int | None = PrivateAttr(None)

    def newly_caught(self, world: WorldFace) -> np.ndarray:
        """Rows of the posts written since the last call that are caught; what was there at `start` is spared."""
        posts = world.community.posts
        if self._looked is None:
            self._looked = len(posts)
        if self._looked == len(posts):
            return np.empty(0, np.int64)
        fresh = world.community.moderation.written_since(self._looked)
        self._looked = len(posts)
        return fresh[self.caught(world, posts.id[fresh], posts.tone[fresh])]

    def caught(self, world: WorldFace, ids: np.ndarray, tone: np.ndarray) -> np.ndarray:
        """Bool (n,): which of these are caught, by a draw addressed by id."""
        rates = np.array([self.false_positive, self.heated, self.detection])
        return world.chance(f"{self.label} catches", ids) < rates[tone]
