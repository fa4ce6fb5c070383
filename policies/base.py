"""The base of every policy: it changes nothing. A policy overrides the hooks that it needs.

The hooks are called by the world in this order within a step; each may be left out:

1. `before_step(world)`: act on the place itself (lock, remove, pin).
2. `rerank(world, pull)`: change, in place, how strongly each post pulls attention.
3. `offer(world, view)`: change what members are told and which options they have.
4. `review(world, acts)`: cancel, hold, soften or redirect what members try to do.
"""

from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1)]
Hours = Annotated[float, Field(ge=0, le=1_000_000)]


class Policy(BaseModel):
    """An intervention with validated parameters; one object serves one world.

    `start` and `stop` are steps: in force from `start` on, and before `stop`. What a policy has done
    (a ban, a lock) outlasts it; what it shows or asks at each step ends with it.
    """

    model_config = ConfigDict(extra="forbid")

    name: ClassVar[str] = "none"
    fits: ClassVar[tuple[str, ...]] = ("forum",)
    raises: ClassVar[tuple[str, ...]] = ()
    """Situation features that the policy can switch on."""
    forces: ClassVar[tuple[str, ...]] = ()
    """Outcomes that the mechanism itself decides: tagged *by construction*."""

    label: str = ""
    """What the event log and the draws call it; the registry sets it, so two of a kind stay apart."""
    start: Annotated[int, Field(ge=0)] = 0
    stop: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _starts_before_it_stops(self) -> "Policy":
        if self.stop is not None and self.stop < self.start:
            raise ValueError(f"stop {self.stop} lies before start {self.start}")
        return self

    def raised(self) -> tuple[str, ...]:
        """Those of `raises` that these parameters can switch on."""
        return self.raises

    def holds_back(self) -> bool:
        """May these parameters keep members from writing what they would have written, which then never comes?"""
        return False

    def in_force(self, step: int) -> bool:
        return self.start <= step and (self.stop is None or step < self.stop)

    def before_step(self, world: Any) -> None:
        """Act on the place before anybody looks at it."""

    def rerank(self, world: Any, pull: np.ndarray) -> None:
        """Change `pull` (one value a post, log scale) in place."""

    def offer(self, world: Any, view: Any) -> None:
        """Change `view.features` and `view.options` in place."""

    def review(self, world: Any, acts: Any) -> None:
        """Change acts in place before they are applied."""
