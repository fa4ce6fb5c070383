"""Outcomes of a commons: how long the stock lasts, and what its members make of it."""

import polars as pl

from windtunnel.analysis.outcomes.base import RUN, Outcome, Runs, per_run

FITS = ("commons",)


def measured(runs: Runs, name: str) -> pl.DataFrame:
    """One measure of each run, a row a step: `RUN`, `step`, `value`."""
    return runs.measures.filter(pl.col("measure") == name).drop("measure")


def _sum(runs: Runs, name: str) -> pl.DataFrame:
    return per_run(runs, measured(runs, name).group_by(RUN).agg(pl.col("value").sum()), None)


def depletion(runs: Runs) -> pl.DataFrame:
    """Rounds without a stock."""
    gone = measured(runs, "alive").with_columns(value=1 - pl.col("value"))
    return per_run(runs, gone.group_by(RUN).agg(pl.col("value").sum()), None)


def survival(runs: Runs) -> pl.DataFrame:
    """Rounds that began with a stock."""
    return _sum(runs, "alive")


def efficiency(runs: Runs) -> pl.DataFrame:
    """What was taken as a share of what could have been without loss: 1 - max(0, best - taken) / best (Piatti et al. 2024)."""
    both = _sum(runs, "taken").join(_sum(runs, "best").rename({"value": "best"}), on=RUN)
    share = 1 - (pl.col("best") - pl.col("value")).clip(lower_bound=0) / pl.col("best")
    return both.select(*RUN, value=share)


def over_usage(runs: Runs) -> pl.DataFrame:
    """Of all takings while there was a stock, the share above what keeps the stock as large."""
    alive = measured(runs, "alive").rename({"value": "alive"})
    rows = measured(runs, "over").join(alive, on=[*RUN, "step"]).filter(pl.col("alive") > 0)
    return per_run(runs, rows.group_by(RUN).agg(pl.col("value").mean()), None)


def contribution(runs: Runs) -> pl.DataFrame:
    """Units that a member left in the common stock, the mean over members and rounds."""
    return per_run(runs, measured(runs, "left_each").group_by(RUN).agg(pl.col("value").mean()), None)


def late_contribution(runs: Runs) -> pl.DataFrame:
    """The same in the second half of the rounds."""
    rows = measured(runs, "left_each")
    late = rows.filter(pl.col("step") * 2 >= pl.col("step").max().over(RUN) + 1)
    return per_run(runs, late.group_by(RUN).agg(pl.col("value").mean()), None)


def fines(runs: Runs) -> pl.DataFrame:
    """Points that fines cost, those who were fined and those who fined."""
    return _sum(runs, "fines")


OUTCOMES = {
    one.name: one
    for one in (
        Outcome(
            "depletion", "harm", "rounds without a stock", False, depletion, FITS, "the stock was used up"
        ),
        Outcome("survival", "good", "rounds with a stock", False, survival, FITS, "the stock lasted"),
        Outcome(
            "efficiency",
            "good",
            "share of what could be taken",
            False,
            efficiency,
            FITS,
            "enough was made of the stock",
        ),
        Outcome(
            "over_usage", "harm", "share of takings", False, over_usage, FITS, "too many took more than fair"
        ),
        Outcome(
            "contribution",
            "good",
            "units a member and round",
            False,
            contribution,
            FITS,
            "members left enough",
        ),
        Outcome(
            "late_contribution",
            "good",
            "units a member and round",
            False,
            late_contribution,
            FITS,
            "members left enough in the second half",
        ),
        Outcome("fines", "harm", "points", True, fines, FITS, "fines cost that much", memo="fines"),
    )
}
