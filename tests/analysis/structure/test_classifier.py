"""What tells two places' threads apart."""

import numpy as np
import polars as pl

from windtunnel.analysis.structure.classifier import LEAST_THREADS, what_tells


def test_what_tells_names_the_feature_that_differs_and_no_other():
    chance = np.random.default_rng(5)
    names = ["size", "depth", "leaves"]
    here, there = (pl.DataFrame(chance.normal(size=(80, 3)), schema=names) for _ in range(2))
    found = what_tells(here, there.with_columns(pl.col("depth") + 3))
    (first, lost, real, other), *rest = found
    assert first == "depth" and lost > 0.3 and other - real > 2
    assert {name for name, *_ in rest} == {"size", "leaves"} and max(each[1] for each in rest) < 0.1
    assert what_tells(here.head(LEAST_THREADS - 1), there) == []
