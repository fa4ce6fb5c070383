"""What every mind is: a function from situations to option log-probabilities, never a sampler."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from windtunnel.agents.situation import Situations


@dataclass(frozen=True)
class Unanswered:
    """A batch that got no answer: its run ends here, failed, with this reason."""

    stage: str
    reason: str


@dataclass(frozen=True)
class MindKind:
    """A kind of mind as `mind=NAME` names it, and what the rest must know of it; an entry point of `windtunnel.minds`.

    `make(builder, scenes, settings)` gives a mind for each scene, one a phase; `builder` is the community's, `settings` are
    those of `conf/mind/NAME.yaml` as a user has set them. A plug-in of ten lines:

        def make(builder, scenes, settings):
            def alike(asked):  # every option alike
                return np.zeros(asked.options.shape)
            return [StrategyMind(scene, alike) for scene in scenes]

        alike = MindKind("alike", "takes every option alike", make)
    """

    name: str
    what: str
    make: Callable[[Any, Sequence[Any], Mapping[str, Any]], "Sequence[Mind]"]
    asks_a_model: bool = False
    """Whether it has the settings `llm` and `prompt`, a store, a cost, and one model for all processes."""
    by_file: bool = False
    """Whether a file that `mind.file` names decides its answers: the run then notes that file's SHA-256."""


class Mind(Protocol):
    """How members decide.

    `decide` takes one batch a world (all worlds of a block in lock-step) and gives, in the same order,
    either an (n, actions) array of normalised log-probabilities, `-inf` where an action is not on offer,
    or `Unanswered`. Chance is drawn elsewhere, so equal situations give equal rows.
    """

    name: str
    """What `mind=NAME` calls its kind."""
    coupling: str
    """How twins share chance in the draw of a choice, as reports tell it."""

    def decide(self, batches: Sequence[Situations]) -> list[np.ndarray | Unanswered]:
        """An (n, actions) float array for each batch of n situations, in the order given; see above."""
        ...

    def record(self) -> dict[str, Any]:
        """What the manifest says of the mind, ready for JSON: model, calibration, counts so far."""
        ...

    def drift(self, sample: int) -> dict[str, Any] | None:
        """How far the mind is from repeating itself on `sample` questions it answered; None if it cannot drift."""
        ...

    def close(self) -> None:
        """Let go of servers and files; no decision follows."""
        ...
