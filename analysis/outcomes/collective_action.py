"""Outcomes of collective action: what collectives reach, and how good the platform stays for everybody else."""

from functools import partial

import polars as pl

from windtunnel.analysis.outcomes.base import RUN, Outcome, Runs, per_run
from windtunnel.analysis.outcomes.of_measures import last_of, mean_of

FITS = ("collective_action",)
FAILED = 0.5
"""A success below this is a failure."""


def collective_failure(runs: Runs) -> pl.DataFrame:
    """Rounds in which the platform answered as the first collective wants in less than half of the cases."""
    rows = runs.measures.filter(pl.col("measure") == "success_first")
    return per_run(
        runs, rows.group_by(RUN).agg(value=(pl.col("value") < FAILED).sum().cast(pl.Float64)), None
    )


def collective_success(runs: Runs) -> pl.DataFrame:
    """The share of cases in which the platform answers as the first collective wants, in the last round."""
    return last_of(runs, "success_first")


def rival_success(runs: Runs) -> pl.DataFrame:
    """The same of the second collective."""
    return last_of(runs, "success_second")


def mean_success(runs: Runs) -> pl.DataFrame:
    """The mean of all collectives, in the last round."""
    return last_of(runs, "success_mean")


def platform_accuracy(runs: Runs) -> pl.DataFrame:
    """How often the platform is right where nothing is planted, in the last round."""
    return last_of(runs, "accuracy")


def taking_part(runs: Runs) -> pl.DataFrame:
    """Members who took part, the mean over rounds."""
    return mean_of(runs, "taking_part")


declared = partial(Outcome, fits=FITS)
OUTCOMES = {
    one.name: one
    for one in (
        declared(
            "collective_failure",
            "harm",
            "rounds",
            False,
            collective_failure,
            event="the first collective failed",
        ),
        declared(
            "collective_success",
            "good",
            "share of cases",
            False,
            collective_success,
            event="the first collective succeeded",
        ),
        declared(
            "rival_success",
            "good",
            "share of cases",
            False,
            rival_success,
            event="the second collective succeeded",
        ),
        declared(
            "mean_success", "good", "share of cases", False, mean_success, event="collectives succeeded"
        ),
        declared(
            "platform_accuracy",
            "good",
            "share of answers",
            True,
            platform_accuracy,
            event="the platform stayed good for others",
        ),
        declared("taking_part", "good", "members", False, taking_part, event="many took part"),
    )
}
