"""What the parts of a learned forum need of it: who comes, what is attended to, what is remembered and what is said."""

from typing import Any, Protocol

import numpy as np

from windtunnel.agents.situation import Scene
from windtunnel.sim.communities.forum.learned.law import Law
from windtunnel.sim.communities.forum.learned.members import LearnedMembers
from windtunnel.sim.communities.forum.learned.memory import Memory
from windtunnel.sim.communities.forum.posts import Posts
from windtunnel.sim.communities.forum.settings import Settings


class Remembered(Protocol):
    """The posts of a world, or of worlds that stand side by side, and what is remembered: `seen` of posts, `people`, and `debts`."""

    posts: Any
    seen: Any
    people: Any
    debts: Any

    def begin(self, forum: Any) -> int:
        """The first row of a forum's posts."""
        ...

    def author(self, posts: np.ndarray) -> np.ndarray:
        """Rows of `people`: who wrote these posts (rows)."""
        ...

    def root(self, posts: np.ndarray) -> np.ndarray:
        """The opening post (rows) of the thread of each of these posts (rows)."""
        ...


class Alone:
    """The posts and the memory of one world, as `Remembered`."""

    def __init__(self, posts: Posts, memory: Memory) -> None:
        self.posts, self.seen, self.people, self.debts = posts, memory.posts, memory.people, memory.debts

    def begin(self, forum: Any) -> int:
        return 0

    def author(self, posts: np.ndarray) -> np.ndarray:
        return np.asarray(self.posts.author[posts])

    def root(self, posts: np.ndarray) -> np.ndarray:
        return np.asarray(self.posts.thread[posts])


class Remembering(Protocol):
    """Posts, the law of those who write them, and what they remember; columns of features by name in `_features`."""

    law: Law
    memory: Memory
    posts: Posts
    _features: tuple[str, ...]


class LearnedPlace(Remembering, Protocol):
    """A forum as it is simulated, in one phase of an hour."""

    members: LearnedMembers
    settings: Settings
    scenes: tuple[Scene, ...]
    hours: float
    """How long a step lasts."""
    hour: float
    """When the step began."""
    open: np.ndarray
    """Rows of the opening posts of threads in which somebody wrote lately."""
    now_hour: float
    """The middle of the phase that is on."""
    phase: int
    shelf_count: int
    shelf_share: float
    """Threads in sight for each member."""

    def rhythm(self, step: int) -> float:
        """How lively the place is in a step, 1 on average."""
        ...
