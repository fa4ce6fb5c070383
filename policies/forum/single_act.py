"""One act of a moderator at one moment: what `windtunnel why` puts into a past that went otherwise, or takes out of a record."""

from typing import Literal

import numpy as np
from pydantic import PrivateAttr

from windtunnel.policies.base import Acts, Hours, WorldFace
from windtunnel.policies.forum.forum_policy import ForumPolicy, forum_acts, forum_of

FOR_GOOD = 1_000_000.0
"""Hours that outlast every run."""


class SingleAct(ForumPolicy):
    """From step `start` on: these posts are gone before anybody sees them, or are written in another `tone`, this thread is
    locked, or this member is warned or kept away, for `hours` or up to step `until`. What is not there yet is dealt with at the
    first step that finds it.

    `posts`, `thread` and `member` are ids. No name on the command line makes it: it is no policy to toggle.
    """

    name = "single_act"
    listed = False
    raises = ("warned",)

    act: Literal["remove", "replace", "lock", "warn", "suspend"]
    posts: tuple[int, ...] = ()
    tone: int = 0
    """Of posts that are replaced: 0 civil, 1 heated, 2 hostile."""
    thread: int | None = None
    member: int | None = None
    hours: Hours = FOR_GOOD
    until: int | None = None
    _done: bool = PrivateAttr(False)
    _over: bool = PrivateAttr(False)

    def raised(self) -> tuple[str, ...]:
        return self.raises if self.act == "warn" else ()

    @property
    def is_over(self) -> bool:
        """Whether it will do nothing more to what is there."""
        return self._done and (self.until is None or self._over)

    def before_step(self, world: WorldFace) -> None:
        if self.until is not None and world.now >= self.until:
            self._end(world)
        elif not self._done:
            self._do(world)

    def _do(self, world: WorldFace) -> None:
        forum = forum_of(world)
        desk, table = forum.moderation, forum.posts
        hours = self.hours if self.until is None else (self.until - world.now) * forum.hours
        if self.act == "remove":
            found = np.flatnonzero(np.isin(table.id, self.posts))
            self._done = len(found) == len(self.posts)
            desk.remove(world, found, self.label)
        elif self.act == "replace":
            found = np.flatnonzero(np.isin(table.id, self.posts))
            self._done = len(found) == len(self.posts)
            table.tone[found] = self.tone
        elif self.act == "lock":
            found = np.flatnonzero(table.id == self.thread)
            self._done = len(found) > 0
            until = np.maximum(table.locked_until[found], world.now + max(1, round(hours / forum.hours)))
            desk.lock(world, found, until, self.label)
        else:
            found = np.flatnonzero((forum.members.id == self.member) & forum.members.present(world.now))
            self._done = len(found) > 0
            verb = desk.warn if self.act == "warn" else desk.suspend
            verb(world, found, hours, self.label)

    def review(self, world: WorldFace, acts: Acts) -> None:
        if self.act == "replace" and len(acts.rows):
            drafts = forum_acts(acts)
            written = np.isin(world.community.post_ids(acts.rows, world.now), self.posts)
            changed = drafts.writes & written & (drafts.tone != self.tone)
            drafts.tone[changed] = self.tone
            acts.policy[changed] = world.log.code(self.label)

    def _end(self, world: WorldFace) -> None:
        """A post removed for a while comes back; locks and absences end by themselves."""
        if self._done and not self._over and self.act == "remove":
            table = world.community.posts
            world.community.moderation.restore(
                world, np.flatnonzero(np.isin(table.id, self.posts)), self.label
            )
        self._over = True
