"""Outcomes of an attention feed: push and pull, how equal the pull is, and what readers make of it."""

from functools import partial

import polars as pl

from windtunnel.analysis.outcomes.base import RUN, Outcome, Runs, per_run
from windtunnel.analysis.outcomes.of_measures import gini, mean_of, sum_of

FITS = ("attention_feed",)
OF_FEEDS = (*FITS, "forum", "collective_action")
WHERE = "community.settings.reader_weight (a forum) or community.settings.platform=recommender"


def pull(runs: Runs) -> pl.DataFrame:
    """What rankings gave to readers, of the most that they could have; the mean over readers and steps."""
    return mean_of(runs, "pull")


def push(runs: Runs) -> pl.DataFrame:
    """What rankings gave to the advocate, of the most that it could have; the mean over readers and steps."""
    return mean_of(runs, "push")


def pull_gini(runs: Runs) -> pl.DataFrame:
    """Gini index of pull over readers."""
    if "pull" not in runs.members.columns:
        return per_run(runs, runs.runs.select(*RUN, value=pl.lit(None, pl.Float64)), None)
    read = pl.col("feeds_read") if "feeds_read" in runs.members.columns else pl.lit(1.0)
    each = runs.members.with_columns(pull=pl.col("pull") / read).filter(read > 0)
    ordered = each.sort(*RUN, "pull")
    return per_run(runs, ordered.group_by(RUN).agg(value=gini("pull")), None)


def enjoyed(runs: Runs) -> pl.DataFrame:
    """Utility of what a reader opened."""
    return per_run(runs, runs.members.group_by(RUN).agg(value=pl.col("enjoyed").mean()))


def opened(runs: Runs) -> pl.DataFrame:
    """Objects that a reader opened."""
    return sum_of(runs, "opened")


declared = partial(Outcome, fits=FITS)
OUTCOMES = {
    one.name: one
    for one in (
        Outcome(
            *("pull", "good", "share of the most", False, pull, OF_FEEDS),
            event="feeds served their readers",
            reads="pull",
            setting=WHERE,
        ),
        Outcome(
            *("push", "harm", "share of the most", False, push, OF_FEEDS),
            event="feeds served the advocate",
            reads="push",
            setting=WHERE,
        ),
        Outcome(
            *("pull_gini", "harm", "Gini index", False, pull_gini, (*FITS, "forum")),
            event="feeds served some much better",
            reads="pull",
            setting="community.settings.reader_weight",
        ),
        declared("enjoyed", "good", "utility a reader", False, enjoyed, event="readers found what they like"),
        declared("opened", "good", "objects a reader", True, opened, event="readers opened much"),
    )
}
