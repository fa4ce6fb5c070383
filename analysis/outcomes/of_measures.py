"""What outcomes of many communities have in common: one number a run from a measure, or from members."""

import polars as pl

from windtunnel.analysis.outcomes.base import RUN, Runs, per_run


def steps_of(runs: Runs, name: str) -> pl.DataFrame:
    """The rows of a measure, in the order of steps."""
    return runs.measures.filter(pl.col("measure") == name).sort("step")


def mean_of(runs: Runs, name: str) -> pl.DataFrame:
    """A measure's mean over steps; null where it was not counted, as in all of these."""
    return per_run(runs, steps_of(runs, name).group_by(RUN).agg(pl.col("value").mean()), None)


def sum_of(runs: Runs, name: str) -> pl.DataFrame:
    """A measure's sum over steps."""
    return per_run(runs, steps_of(runs, name).group_by(RUN).agg(pl.col("value").sum()), None)


def last_of(runs: Runs, name: str) -> pl.DataFrame:
    """A measure at the end."""
    return per_run(runs, steps_of(runs, name).group_by(RUN).agg(pl.col("value").last()), None)


def late_mean_of(runs: Runs, name: str, steps: int) -> pl.DataFrame:
    """A measure's mean over the last steps, so many."""
    late = steps_of(runs, name).filter(pl.col("step") > pl.col("step").max().over(RUN) - steps)
    return per_run(runs, late.group_by(RUN).agg(pl.col("value").mean()), None)


def gini(column: str) -> pl.Expr:
    """The Gini index of a column of a group that is sorted by it: sum_ij |x_i - x_j| / (2 n sum x)."""
    place = (2 * pl.int_range(1, pl.len() + 1) - pl.len() - 1) * pl.col(column)
    return place.sum() / (pl.len() * pl.col(column).sum())
