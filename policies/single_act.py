"""One act of a moderator at one moment: what `windtunnel why` puts into a past that went otherwise."""

from typing import Any, Literal

import numpy as np
from pydantic import PrivateAttr

from policies.base import Hours, Policy

FOR_GOOD = 1_000_000.0
"""Hours that outlast every run."""


class SingleAct(Policy):
    """From step `start` on: these posts are gone before anybody sees them, this thread is locked, or this member
    is warned or kept away for `hours`. What is not there yet is dealt with at the first step that finds it.

    `posts`, `thread` and `member` are ids. No name on the command line makes it: it is no policy to toggle.
    """

    name = "single_act"
    raises = ("warned",)

    act: Literal["remove", "lock", "warn", "suspend"]
    posts: tuple[int, ...] = ()
    thread: int | None = None
    member: int | None = None
    hours: Hours = FOR_GOOD
    _done: bool = PrivateAttr(False)

    def raised(self) -> tuple[str, ...]:
        return self.raises if self.act == "warn" else ()

    def before_step(self, world: Any) -> None:
        if self._done:
            return
        forum = world.community
        desk, table = forum.moderation, forum.posts
        if self.act == "remove":
            found = np.flatnonzero(np.isin(table.id, self.posts))
            self._done = len(found) == len(self.posts)
            desk.remove(world, found, self.label)
        elif self.act == "lock":
            found = np.flatnonzero(table.id == self.thread)
            self._done = len(found) > 0
            desk.lock(world, found, world.now + max(1, round(self.hours / forum.hours)), self.label)
        else:
            found = np.flatnonzero((forum.members.id == self.member) & forum.members.present(world.now))
            self._done = len(found) > 0
            verb = desk.warn if self.act == "warn" else desk.suspend
            verb(world, found, self.hours, self.label)
