"""Scores of text are examined on fixtures before they count: whoever scores texts must agree with what people said of some.

    toxic = Outcome("toxic", "harm", "score", False, measure, check=examined(score, {"toxicity": LABELLED}))

An outcome with such a `check` refuses to be counted where the score does not hold.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

LEAST = 0.8
"""Spearman correlation with the fixtures below which a score does not count: that of a model not made for the task on word norms."""
FEWEST = 8
"""Fixtures that a dimension needs, so that a correlation says anything."""


def agreement(
    score: Callable[[Sequence[str]], Any], fixtures: Mapping[str, Sequence[tuple[str, float]]]
) -> dict[str, float]:
    """Spearman correlation of scores with what people said, by dimension; 0 where the score does not vary.

    `fixtures` has texts with their value for each dimension. `ValueError` for too few, or values that do not vary.
    """
    from scipy.stats import spearmanr  # whose loading takes longer than a small run

    found = {}
    for name, rows in fixtures.items():
        values = np.array([value for _, value in rows], float)
        if len(rows) < FEWEST or not np.ptp(values):
            raise ValueError(
                f"the fixtures of {name!r} are {len(rows)}: give {FEWEST} texts at least, of more than one value"
            )
        scored = np.asarray(score([text for text, _ in rows]), float)
        if scored.shape != values.shape:
            raise ValueError(
                f"the score gave {scored.size} numbers for {len(rows)} texts of {name!r}: one a text is needed"
            )
        found[name] = float(spearmanr(scored, values).statistic) if np.ptp(scored) else 0.0
    return found


def examined(
    score: Callable[[Sequence[str]], Any],
    fixtures: Mapping[str, Sequence[tuple[str, float]]],
    least: float = LEAST,
) -> Callable[[], None]:
    """What an `Outcome` takes as its `check`: `ValueError` where the score agrees less than `least` with any dimension; asked once."""

    @cache
    def found() -> dict[str, float]:
        return agreement(score, fixtures)

    def check() -> None:
        low = {name: value for name, value in found().items() if not value >= least}
        if low:
            told = ", ".join(f"{value:.2f} on {name}" for name, value in low.items())
            raise ValueError(
                f"its score of texts does not count: its rank correlation with the fixtures is {told}, below {least:g}"
            )

    return check
