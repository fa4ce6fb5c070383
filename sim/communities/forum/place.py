"""What the parts of a forum (its feed, its moderators, its words) know of the forum that they belong to.

The forum holds its parts, so these take this face of it and not its class: imports then run one way.
"""

from typing import Any, Protocol

import numpy as np

from windtunnel.agents.situation import Scene
from windtunnel.sim.communities.forum.posts import Posts
from windtunnel.sim.communities.forum.profile import Profile
from windtunnel.sim.communities.forum.settings import Settings
from windtunnel.sim.communities.forum.traits import ForumMembers
from windtunnel.sim.noise_key import NoiseKey


class Place(Protocol):
    """A forum as its parts see it; arrays by row of `posts` or of `members`."""

    posts: Posts
    members: ForumMembers
    settings: Settings
    profile: Profile
    hours: float
    luck: NoiseKey
    warned_until: np.ndarray
    newest_reply_to: np.ndarray
    camp: np.ndarray | None
    counted: dict[str, float]

    @property
    def ties(self) -> Any:
        """Who follows whom, and what they shared (`ties.Ties`), or None."""
        ...

    @property
    def scene(self) -> Scene: ...

    @property
    def speech(self) -> Any:
        """The words of its posts (`post_texts.Speech`)."""
        ...

    @property
    def interests(self) -> Any:
        """What posts are worth to readers (`interests.Interests`), or None."""
        ...

    def personas(self, rows: np.ndarray, now: int) -> np.ndarray:
        """Which persona each member reads as."""
        ...

    def feeds(self, now: int) -> int:
        """How many feeds there are by now."""
        ...

    def rank(self, name: str, pull: np.ndarray, now: int) -> None:
        """Put posts in the order of a ranker."""
        ...

    def post_ids(self, rows: np.ndarray, now: int, ordinal: int = 0) -> np.ndarray:
        """Ids of what members write now."""
        ...

    def appear(self, new: np.ndarray) -> None:
        """Count posts that have just become visible."""
        ...

    def vanish(self, gone: np.ndarray, now: int) -> None:
        """Uncount visible posts that have just been removed."""
        ...

    def _write(
        self,
        now: int,
        rows: np.ndarray,
        parent: np.ndarray,
        tone: np.ndarray,
        verdict: np.ndarray,
        ordinal: int = 0,
    ) -> np.ndarray:
        """New posts by members, answering others; gives their rows."""
        ...
