"""A mind that knows nothing: it takes every option alike, or one of them more often."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from windtunnel.agents.minds.base import Mind, MindKind
from windtunnel.agents.minds.rules import StrategyMind
from windtunnel.agents.situation import Scene, Situations


def make(builder: Any, scenes: Sequence[Scene], settings: Mapping[str, Any]) -> list[Mind]:
    """One mind for each phase; `first` is the log-odds of the first option against the others."""

    def odds(asked: Situations) -> np.ndarray:
        out = np.zeros(asked.options.shape)
        out[:, 0] = settings["first"]
        return out

    return [StrategyMind(scene, odds) for scene in scenes]


alike = MindKind("alike", "takes every option alike, or the first one more often", make)
