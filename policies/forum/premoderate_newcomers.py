"""What newcomers write waits for a moderator."""

import numpy as np
from pydantic import PrivateAttr

from windtunnel.policies.base import HELD, Acts, Delay, Share, WorldFace
from windtunnel.policies.forum.detection import Detecting
from windtunnel.policies.forum.forum_policy import forum_acts, forum_of


class PremoderateNewcomers(Detecting):
    """Newcomers' posts are held, and after `delay` hours approved or rejected as moderators get to them."""

    name = "premoderate_newcomers"
    forces = ("escalation", "hostile_share", "posts_kept")

    finishes = True

    share: Share
    """Share of what newcomers write that is held; 0: off."""
    delay: Delay
    """Hours before a held post is up for a moderator's decision; 0: at once, before anybody looks again."""

    _held: list[tuple[int, np.ndarray]] = PrivateAttr(default_factory=list)
    _looked: int | None = PrivateAttr(None)

    def in_force(self, step: int) -> bool:
        """From `start` on: after `stop` nothing more is held, but what waits is still decided."""
        return self.start <= step

    def before_step(self, world: WorldFace) -> None:
        forum = forum_of(world)
        desk = forum.moderation
        posts = forum.posts
        fresh = desk.written_since(len(posts) if self._looked is None else self._looked)
        self._looked = len(posts)
        due_at = world.now + int(np.ceil(self.delay / forum.hours))
        self._held.append((due_at, fresh[posts.state[fresh] == HELD]))
        due = np.concatenate([np.empty(0, int), *(rows for step, rows in self._held if step <= world.now)])
        handled = desk.take(due)
        self._held = [
            (world.now, np.setdiff1d(due, handled)),
            *((step, rows) for step, rows in self._held if step > world.now),
        ]
        bad = self.caught(world, posts.id[handled], posts.tone[handled])
        desk.remove(world, handled[bad], self.label)
        desk.approve(world, handled[~bad], self.label)

    def review(self, world: WorldFace, acts: Acts) -> None:
        if not super().in_force(world.now):
            return
        forum = forum_of(world)
        newcomer = forum.members.newcomer_until[acts.rows] > world.now
        held = forum_acts(acts).writes & newcomer
        held &= world.chance(f"{self.label} holds", acts.ids) < self.share
        acts.verdict[held] = HELD
        acts.policy[held] = np.int16(world.log.code(self.label))
