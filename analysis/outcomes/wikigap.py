"""Outcomes of a knowledge gap: right answers, coverage, and awareness of what is missing."""

import polars as pl

from windtunnel.analysis.outcomes.base import RUN, Outcome, Runs, per_run
from windtunnel.analysis.outcomes.of_measures import mean_of

FITS = ("wikigap",)


def _total(runs: Runs, measure: str) -> pl.DataFrame:
    rows = runs.measures.filter(pl.col("measure") == measure)
    return rows.group_by(RUN).agg(pl.col("value").sum())


def answer_accuracy(runs: Runs) -> pl.DataFrame:
    """Share of answers that are right."""
    return mean_of(runs, "right")


def coverage(runs: Runs) -> pl.DataFrame:
    """Share of questions whose fact was before the reader."""
    return mean_of(runs, "covered")


def awareness(runs: Runs) -> pl.DataFrame:
    """Of the answers without the fact, the share that says that something may be missing; null where there is none."""
    both = _total(runs, "aware").join(_total(runs, "blind").rename({"value": "blind"}), on=RUN)
    share = pl.when(pl.col("blind") > 0).then(pl.col("value") / pl.col("blind"))
    return per_run(runs, both.select(*RUN, value=share), None)


OUTCOMES = {
    one.name: one
    for one in (
        Outcome(
            "answer_accuracy",
            "good",
            "share of answers",
            False,
            answer_accuracy,
            FITS,
            "readers answered well",
        ),
        Outcome("coverage", "good", "share of questions", False, coverage, FITS, "most facts were at hand"),
        Outcome("awareness", "good", "share of answers", False, awareness, FITS, "readers knew of the gap"),
    )
}
