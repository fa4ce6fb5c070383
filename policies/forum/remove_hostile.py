"""Moderators remove what they take for hostile, when they get to it."""

import numpy as np
from pydantic import PrivateAttr

from windtunnel.policies.base import Delay, Share, WorldFace
from windtunnel.policies.forum.detection import Detecting
from windtunnel.policies.forum.forum_policy import forum_of


class RemoveHostile(Detecting):
    """Caught posts wait `delay` hours and then for a moderator's attention; authors may be told why."""

    name = "remove_hostile"
    raises = ("warned",)
    forces = ("hostile_exposures", "worst_group_exposure", "posts_kept")

    test_parameters = {"detection": 1.0, "delay": 0, "explain": True, "evasion": 0.5}

    delay: Delay
    """Hours that a caught post stands before it is up for removal; 0: at once, before anybody has seen it."""
    explain: bool
    """Whether authors are told why; they remember it for a day."""
    evasion: Share
    """Share of removed posts whose authors say the same in another thread; 0: off."""

    def forced(self) -> tuple[str, ...]:
        """A post that nobody could see counts in no outcome of what was read, so removal at once decides these itself."""
        unseen = ("escalation", "hostile_share", "hostility_elsewhere") if self.delay == 0 else ()
        return (*self.forces, *unseen)

    _waiting: list[tuple[int, np.ndarray]] = PrivateAttr(default_factory=list)

    def raised(self) -> tuple[str, ...]:
        return self.raises if self.explain else ()

    def before_step(self, world: WorldFace) -> None:
        forum = forum_of(world)
        desk = forum.moderation
        caught = self.newly_caught(world)
        if len(caught):
            self._waiting.append((world.now + int(np.ceil(self.delay / forum.hours)), caught))
        now = [rows for step, rows in self._waiting if step <= world.now]
        if not now:
            return
        due = np.concatenate(now)
        handled = desk.take(due)
        later = [(step, rows) for step, rows in self._waiting if step > world.now]
        if len(left := np.setdiff1d(due, handled)):
            later.insert(0, (world.now, left))
        self._waiting = later
        gone = desk.remove(world, handled, self.label)
        if self.explain and len(gone):
            desk.explain(world, np.unique(forum.posts.author[gone]), 24.0, self.label)
        evade = world.chance(f"{self.label} evades", forum.posts.id[gone]) < self.evasion
        desk.repost(world, gone[evade], self.label)
