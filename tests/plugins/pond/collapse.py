"""Whether a pond runs dry."""

import polars as pl

from windtunnel.analysis.outcomes import RUN, Outcome, Runs


def months_without_fish(runs: Runs) -> pl.DataFrame:
    """Months after which no fish were left."""
    stock = runs.measures.filter(pl.col("measure") == "stock")
    return stock.group_by(RUN).agg(value=(pl.col("value") <= 0).sum().cast(pl.Float64))


collapse = Outcome(
    "collapse",
    "harm",
    "months without fish",
    False,
    months_without_fish,
    fits=("pond",),
    event="the pond ran dry",
)
