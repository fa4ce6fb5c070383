"""What a forum's policies have in common: they fit a forum, may rerank its feed, and find its hot threads alike."""

from typing import TYPE_CHECKING, Annotated, cast

import numpy as np
from pydantic import Field

from windtunnel.policies.base import Acts, Policy, View, WorldFace

if TYPE_CHECKING:
    from windtunnel.sim.communities.forum.acts import Acts as ForumActs
    from windtunnel.sim.communities.forum.feed import View as ForumView
    from windtunnel.sim.communities.forum.forum import Forum

Heat = Annotated[float, Field(ge=0)]


class ForumPolicy(Policy):
    """A policy of a forum; `rerank` is called after `before_step`, when the feed is made."""

    fits = ("forum",)

    def rerank(self, world: WorldFace, pull: np.ndarray) -> None:
        """Change `pull` (one value a post, log scale) in place."""


def forum_of(world: WorldFace) -> "Forum":
    """The world's community as the forum that it is."""
    return cast("Forum", world.community)


def forum_view(view: View) -> "ForumView":
    """The view as the forum's own kind, which says what each member looks at."""
    return cast("ForumView", view)


def forum_acts(acts: Acts) -> "ForumActs":
    """The acts as the forum's own kind, which have a tone."""
    return cast("ForumActs", acts)


def hot_threads(forum: "Forum", heat: float, quiet_until: np.ndarray, now: int) -> np.ndarray:
    """Rows of the opening posts of threads with so much heat at least, but for those still quiet (a step each)."""
    posts = forum.posts
    roots = posts.roots()
    return roots[(posts.heat[roots] >= heat) & (quiet_until[roots] <= now)]
