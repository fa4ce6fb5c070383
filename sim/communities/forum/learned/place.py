"""What the parts of a learned forum need of it: who comes, what is attended to, what is remembered and what is said."""

from typing import Protocol

from windtunnel.agents.situation import Scene
from windtunnel.sim.communities.forum.learned.law import Law
from windtunnel.sim.communities.forum.learned.members import LearnedMembers
from windtunnel.sim.communities.forum.learned.memory import Memory
from windtunnel.sim.communities.forum.posts import Posts
from windtunnel.sim.communities.forum.settings import Settings


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
    now_hour: float
    """The middle of the phase that is on."""
    phase: int
    shelf_count: int
    shelf_share: float
    """Threads in sight for each member."""

    def rhythm(self, step: int) -> float:
        """How lively the place is in a step, 1 on average."""
        ...
