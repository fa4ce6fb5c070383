"""Warning, timed suspension, ban: sanctions that rise with each offence (Ostrom 1990)."""

from typing import Annotated

import numpy as np
from pydantic import Field, PrivateAttr, model_validator

from windtunnel.policies.base import Hours, Share, WorldFace
from windtunnel.policies.forum.detection import Detecting
from windtunnel.policies.forum.forum_policy import forum_of

Offences = Annotated[int, Field(ge=1)]


class GraduatedSanctions(Detecting):
    """Each caught post, once moderators get to it, is an offence of its author; the count decides what follows."""

    name = "graduated_sanctions"
    raises = ("warned",)

    test_parameters = {"detection": 1.0, "heated": 1.0, "ban_at": 3, "evasion": 0.5}

    warn_at: Offences
    """Offences at which a member is warned."""
    suspend_at: Offences
    """Offences from which on each brings a suspension."""
    ban_at: Offences
    """Offences at which a member is banned."""
    suspend_hours: Hours
    """How long a suspension lasts; 0: off, nobody is suspended."""
    evasion: Share
    """Share of suspended or banned members who return at once under a new account; 0: off."""

    _offences: np.ndarray | None = PrivateAttr(None)
    _waiting: np.ndarray = PrivateAttr(default_factory=lambda: np.empty(0, int))

    @model_validator(mode="after")
    def _rising(self) -> "GraduatedSanctions":
        if not self.warn_at < self.suspend_at < self.ban_at:
            raise ValueError(
                f"warn_at {self.warn_at}, suspend_at {self.suspend_at}, ban_at {self.ban_at} must rise"
            )
        return self

    def holds_back(self) -> bool:
        return True

    def before_step(self, world: WorldFace) -> None:
        forum = forum_of(world)
        desk = forum.moderation
        if self._offences is None:
            self._offences = np.zeros(len(forum.members), np.int32)
        waiting = np.concatenate([self._waiting, self.newly_caught(world)])
        caught = desk.take(waiting)
        self._waiting = np.setdiff1d(waiting, caught)
        authors = np.unique(forum.posts.author[caught])
        authors = authors[forum.members.left[authors] > world.now]
        before = self._offences[authors]
        self._offences += np.bincount(forum.posts.author[caught], minlength=len(self._offences)).astype(
            np.int32
        )
        after = self._offences[authors]

        def reached(level: int) -> np.ndarray:
            return (before < level) & (after >= level)

        banned = reached(self.ban_at)
        suspended = (after >= self.suspend_at) & (after < self.ban_at) & (self.suspend_hours > 0)
        desk.warn(world, authors[reached(self.warn_at) & ~suspended & ~banned], 24.0, self.label)
        desk.suspend(world, authors[suspended], self.suspend_hours, self.label)
        desk.ban(world, authors[banned], self.label)
        out = authors[suspended | banned]
        back = out[world.chance(f"{self.label} evades", forum.members.id[out]) < self.evasion]
        desk.new_account(world, back, self.label)
        self._offences[back] = 0
