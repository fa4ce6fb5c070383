"""Sessions that end: after some turns there is a pause."""

from typing import Annotated, ClassVar

from pydantic import Field

from windtunnel.policies.base import WorldFace
from windtunnel.policies.companion_chat.companion_policy import CompanionPolicy


class SessionLimit(CompanionPolicy):
    """After `turns` turns nobody can talk with a companion for `pause` turns, over and over."""

    name = "session_limit"
    forces = ("turns_talked",)
    acts_in_log: ClassVar[bool] = False

    turns: Annotated[int, Field(ge=1, le=1_000_000)] = 5
    """Turns of one session."""
    pause: Annotated[int, Field(ge=0, le=1_000_000)] = 5
    """Turns without a companion after it; 0: off."""

    def before_step(self, world: WorldFace) -> None:
        if (world.now - self.start) % (self.turns + self.pause) >= self.turns:
            world.community.resting[:] = True
