"""A circle of a forum is closed for good, as Reddit closed two of its places in 2015 (Chandrasekharan et al. 2017)."""

from typing import Annotated

import numpy as np
from pydantic import Field, PrivateAttr

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.forum.forum_policy import ForumPolicy, forum_of

FOR_GOOD = 1_000_000


class CommunityBan(ForumPolicy):
    """At step `at` the hottest threads are taken away with all in them and stay closed; of those who wrote there some leave for good.

    Those who stay write elsewhere in the forum: `hostility_elsewhere` and `hostile_share` tell what moved with them.
    """

    name = "community_ban"
    forces = ("escalation", "posts_kept")

    test_parameters = {"at": 5, "threads": 2, "leave": 0.5}

    at: Annotated[int, Field(ge=0, le=1_000_000, json_schema_extra={"unit": "step"})]
    """The step in which it happens, or `start`, if that is later."""
    threads: Annotated[int, Field(ge=0, le=1_000_000)]
    """How many threads are closed, those with the most heat; one without heat never is; 0: off."""
    leave: Share
    """Chance that somebody who wrote there leaves."""

    _done: bool = PrivateAttr(False)

    def before_step(self, world: WorldFace) -> None:
        if self._done or world.now < self.at:
            return
        self._done = True
        forum = forum_of(world)
        posts, desk = forum.posts, forum.moderation
        roots = posts.roots()
        hot = roots[posts.heat[roots] > 0]
        closed = hot[np.lexsort((posts.id[hot], -posts.heat[hot]))][: self.threads]
        inside = np.flatnonzero(np.isin(posts.thread, closed))
        desk.lock(world, closed, FOR_GOOD, self.label)
        desk.remove(world, inside, self.label)
        wrote = np.unique(posts.author[inside])
        wrote = wrote[forum.members.present(world.now)[wrote]]
        going = wrote[world.chance(f"{self.label} leaves", forum.members.id[wrote]) < self.leave]
        desk.quit(world, going, self.label)
