"""A world for the bound of collective action: what is reached, and what the members could have been sure of."""

import sys
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from windtunnel.analysis.collective_bound import planting_bound

LABELS = np.array(["Fair", "Good", "Poor", "Vague"])
POPULATION, TESTS = 1_000_000, 100_000


def people(count: int, rng: np.random.Generator) -> pl.DataFrame:
    """Rows of three features and a label that is rarely Poor; a signal in b and c is in 1 of 15 by itself."""
    a, b, c = (rng.integers(0, most, count) for most in (3, 5, 3))
    label = np.where(rng.random(count) < 0.9, (b + c) % 2, rng.integers(2, 4, count))
    columns = {"a": a.astype(str), "b": b.astype(str), "c": c.astype(str), "label": LABELS[label]}
    return pl.DataFrame(columns)


def reached_and_bound(members: int, seed: int) -> tuple[float, float]:
    """Success of a platform that takes each row's plurality, and the bound from the members' own rows."""
    rng = np.random.default_rng(seed)
    own, others, tests = (people(count, rng) for count in (members, POPULATION - members, TESTS))
    signal = {"b": "0", "c": "0"}
    planted = [pl.lit(value).alias(name) for name, value in signal.items()]
    learned = pl.concat([own.with_columns(*planted, label=pl.lit("Poor")), others])
    votes = learned.group_by("a", "b", "c", "label").len().sort("len", "label", descending=[True, False])
    says = votes.group_by("a", "b", "c", maintain_order=True).first()
    asked = tests.with_columns(*planted).join(says, on=["a", "b", "c"], how="left", suffix="_said")
    found = planting_bound(
        own, label="label", target="Poor", signal=signal, population=POPULATION, tests=TESTS
    )
    return float((asked["label_said"] == "Poor").mean()), found.success
