"""Out-of-tree policies whose order is planted: one better than another for everyone, one best and bad for a minority.

Found by the entry points in the folder beside this file, as any installed plug-in is.
"""

from typing import Any, ClassVar

import numpy as np

from windtunnel.policies.forum.forum_policy import ForumPolicy
from windtunnel.sim.communities.forum.posts import HOSTILE, VISIBLE

MINORITY = "conciliatory"
"""Name of the persona whose members the corner is for."""


class Calming(ForumPolicy):
    """Some drafts that are not civil become civil; a policy with a larger `share` calms what a smaller one does, and more."""

    name = "calming"
    forces = ()
    share: ClassVar[float] = 0.0

    def luck(self) -> str:
        """What the draw is called: the same for policies that are to share their luck."""
        return "calming"

    def review(self, world: Any, acts: Any) -> None:
        calmed = acts.writes & (acts.tone > 0) & (world.chance(self.luck(), acts.ids) < self.share)
        acts.tone[calmed] = 0
        acts.policy[calmed] = np.int16(world.log.code(self.label))


class CalmingMore(Calming):
    """A: calms 60 drafts of 100."""

    name = "calming_more"
    share = 0.6


class CalmingLess(Calming):
    """B: calms 5 drafts of 100, all of which A calms too."""

    name = "calming_less"
    share = 0.05


class Corner(Calming):
    """C: calms most, and what hostile posts are left it takes out of all feeds and puts before the minority, again and again."""

    name = "corner"
    share = 0.85
    most: ClassVar[int] = 40

    def rerank(self, world: Any, pull: np.ndarray) -> None:
        pull[world.community.posts.tone == HOSTILE] -= 50

    def offer(self, world: Any, view: Any) -> None:
        posts, members = world.community.posts, world.community.members
        hostile = np.flatnonzero((posts.tone == HOSTILE) & (posts.state == VISIBLE))
        minority = members.persona[view.rows] == [p.name for p in world.community.scene.personas].index(
            MINORITY
        )
        if not len(hostile):
            return
        again = np.resize(hostile, self.most)
        put = np.where(minority[:, None], again, -1).astype(view.seen.own.dtype)
        view.seen = view.seen._replace(own=np.column_stack([view.seen.own, put]))


class Alike(Calming):
    """Policies alike in law: each calms as much as the others, under a luck of its own."""

    share = 0.4

    def luck(self) -> str:
        return f"calming by {self.name}"


class AlikeOne(Alike):
    """The first of its kind."""

    name = "alike_one"


class AlikeTwo(Alike):
    """The second of its kind."""

    name = "alike_two"


class AlikeThree(Alike):
    """The third of its kind."""

    name = "alike_three"
