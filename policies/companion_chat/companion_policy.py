"""The base of the policies of companion chat, and how they turn a reply into another."""

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from windtunnel.policies.base import Acts, Policy, WorldFace

Dose = Annotated[float, Field(ge=0, le=10)]
"""How far a reply that grounds takes a conviction back, as a multiple of it; 0: it listens, as it were."""


class CompanionPolicy(Policy):
    """A policy that fits companion chat."""

    fits: ClassVar[tuple[str, ...]] = ("companion_chat",)

    def reply_instead(
        self,
        world: WorldFace,
        acts: Acts,
        users: np.ndarray,
        by: str,
        dose: float | None = None,
        only: str = "",
    ) -> None:
        """The replies to the `users` marked (n,) bool become `by`, a kind of reply, or those of the kind `only`; those that
        ground do so with this `dose`."""
        hit = np.flatnonzero(acts.passed)
        hit = hit[users[acts.target[hit]] & (acts.kind[hit] != by)]
        if only:
            hit = hit[acts.kind[hit] == only]
        if dose is not None:
            world.community.dose[users] = dose
        acts.kind[hit] = by
        acts.policy[hit] = world.log.code(self.label)
