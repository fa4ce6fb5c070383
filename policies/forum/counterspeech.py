"""A volunteer asks a hot thread to stay civil (Hangartner et al. 2021)."""

from typing import Annotated, Any

from pydantic import Field

from windtunnel.policies.base import Hours, Policy, Share


class Counterspeech(Policy):
    """In each hour some hot threads get a call for civility, which readers see for `hours`."""

    name = "counterspeech"
    raises = ("counterspeech",)

    heat: Annotated[float, Field(ge=0)]
    """Heat at which a thread calls for it."""
    share: Share
    """Share of such threads that a volunteer answers in an hour."""
    hours: Hours

    def before_step(self, world: Any) -> None:
        forum = world.community
        posts = forum.posts
        roots = posts.roots()
        hot = roots[(posts.heat[roots] >= self.heat) & (posts.calmed_until[roots] <= world.now)]
        answered = hot[world.chance(f"{self.label} answers", posts.id[hot]) < self.share]
        forum.moderation.calm(
            world, answered, world.now + max(1, round(self.hours / forum.hours)), self.label
        )
