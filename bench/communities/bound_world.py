"""A world for the bound of collective action: what is reached, and what the members could have been sure of."""

import sys
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from windtunnel.analysis.collective_bound import planting_bound

LABELS = ("Fair", "Good", "Poor", "Vague")
POPULATION, TESTS, SHAPE = 1_000_000, 100_000, (3, 5, 3, 4)
"""People, those that success is counted on, and how many values the three features and the label have."""


def chances() -> np.ndarray:
    """The chance (3, 5, 3, 4) of each row: features alike often, a label of the first two by b + c in nine of ten, else the
    others; a signal of b = 0 and c = 0 is in one row of 15 by itself."""
    b, c = np.indices(SHAPE[1:3])
    label = np.full((*SHAPE[1:3], 4), [0.0, 0.0, 0.05, 0.05])
    np.put_along_axis(label, ((b + c) % 2)[..., None], 0.9, axis=2)
    return np.broadcast_to(label, SHAPE) / 45


def reached_and_bound(members: int, seed: int) -> tuple[float, float]:
    """Success of a platform that takes each row's plurality, and the bound from the members' own rows."""
    rng, even = np.random.default_rng(seed), chances()
    own, others, tests = (
        rng.multinomial(count, even.ravel()).reshape(SHAPE)
        for count in (members, POPULATION - members, TESTS)
    )
    learned = others.copy()
    learned[:, 0, 0, LABELS.index("Poor")] += own.sum(axis=(1, 2, 3))
    says = learned[:, 0, 0].argmax(axis=1)
    asked = tests.sum(axis=(1, 2, 3))
    rows = np.repeat(np.stack([axis.ravel() for axis in np.indices(SHAPE)], axis=1), own.ravel(), axis=0)
    sample = pl.DataFrame({name: rows[:, k].astype(str) for k, name in enumerate("abc")})
    sample = sample.with_columns(label=pl.Series(np.array(LABELS)[rows[:, 3]]))
    found = planting_bound(
        sample,
        label="label",
        target="Poor",
        signal={"b": "0", "c": "0"},
        population=POPULATION,
        tests=TESTS,
    )
    return float(asked[says == LABELS.index("Poor")].sum() / asked.sum()), found.success
