"""What every mind is: a function from situations to option log-probabilities, never a sampler."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from windtunnel.agents.situation import Situations


@dataclass(frozen=True)
class Unanswered:
    """A batch that got no answer: its run ends here, failed, with this reason."""

    stage: str
    reason: str


class Mind(Protocol):
    """How members decide.

    `decide` takes one batch a world (all worlds of a block in lock-step) and gives, in the same order,
    either an (n, actions) array of normalised log-probabilities, `-inf` where an action is not on offer,
    or `Unanswered`. Chance is drawn elsewhere, so equal situations give equal rows. `record` says what
    the manifest must know: model, calibration, counts.
    """

    name: str
    coupling: str

    def decide(self, batches: Sequence[Situations]) -> list[np.ndarray | Unanswered]: ...

    def record(self) -> dict[str, Any]: ...

    def drift(self, sample: int) -> dict[str, Any] | None:
        """How far the mind is from repeating itself on `sample` questions it answered; None if it cannot drift."""
        ...

    def close(self) -> None: ...
