"""Outcomes of an information commons: what is left of producers, readers and knowledge at the end, and who earns."""

import polars as pl

from windtunnel.analysis.outcomes.base import RUN, Outcome, Runs, per_run
from windtunnel.analysis.outcomes.of_measures import late_mean_of, mean_of, sum_of

FITS = ("info_commons",)
LAST = 6
"""Months at the end over which a state is averaged."""


def active_producers(runs: Runs) -> pl.DataFrame:
    """Producers at work at the end."""
    return late_mean_of(runs, "active", LAST)


def output_left(runs: Runs) -> pl.DataFrame:
    """Output at the end as a share of that of the first month."""
    rows = runs.measures.filter(pl.col("measure") == "output").sort("step")
    first = rows.group_by(RUN).agg(first=pl.col("value").first())
    both = late_mean_of(runs, "output", LAST).join(first, on=RUN, how="left")
    return both.select(*RUN, value=pl.col("value") / pl.col("first"))


def freshness(runs: Runs) -> pl.DataFrame:
    """What builders know at the end, in units of output that have not gone stale."""
    return late_mean_of(runs, "knowledge", LAST)


def answer_quality(runs: Runs) -> pl.DataFrame:
    """How good answers are at the end, 0 to 1."""
    return late_mean_of(runs, "quality", LAST)


def readers_left(runs: Runs) -> pl.DataFrame:
    """Readers who come to producers at the end."""
    return late_mean_of(runs, "readers", LAST)


def builder_concentration(runs: Runs) -> pl.DataFrame:
    """Herfindahl index of the builders' shares of readers at the end: 1 is a monopoly."""
    return late_mean_of(runs, "concentration", LAST)


def topic_diversity(runs: Runs) -> pl.DataFrame:
    """Entropy of the topics that are written about at the end, in bits."""
    return late_mean_of(runs, "diversity", LAST)


def residual_influence(runs: Runs) -> pl.DataFrame:
    """What answers owe to what was to be forgotten, 0 to 1, mean over steps: total variation distance to a model trained without it."""
    return mean_of(runs, "residual")


def retrainings(runs: Runs) -> pl.DataFrame:
    """Months in which builders had to train anew without somebody."""
    return sum_of(runs, "retrained")


def documentation_rate(runs: Runs) -> pl.DataFrame:
    """Share of months in which a builder documents what it used."""
    return mean_of(runs, "documented")


def supply_collapse(runs: Runs) -> pl.DataFrame:
    """Months in which output is below half of that of the first month."""
    return sum_of(runs, "fallen")


def time_to_collapse(runs: Runs) -> pl.DataFrame:
    """Months until output is below half of that of the first month; all of them where it never is."""
    rows = runs.measures.filter(pl.col("measure") == "fallen").sort("step")
    until = pl.col("step").filter(pl.col("value") > 0).min().fill_null(pl.col("step").max() + 1)
    return per_run(runs, rows.group_by(RUN).agg(value=until.cast(pl.Float64)), None)


def income_inequality(runs: Runs) -> pl.DataFrame:
    """Gini index of what producers earned in all; null where they earned nothing."""
    earners = runs.members.filter(pl.col("persona") == "producer").sort(*RUN, "earned")
    place = (2 * pl.int_range(1, pl.len() + 1) - pl.len() - 1) * pl.col("earned")
    total = pl.col("earned").sum()
    found = earners.group_by(RUN).agg(value=pl.when(total > 0).then(place.sum() / (pl.len() * total)))
    return per_run(runs, found, None)


OUTCOMES = {
    one.name: one
    for one in (
        Outcome(
            *("active_producers", "good", "producers", False, active_producers, FITS),
            event="enough producers were at work",
        ),
        Outcome(
            *("output_left", "good", "share of the first month", False, output_left, FITS),
            event="output held",
        ),
        Outcome(*("freshness", "good", "units", False, freshness, FITS), event="builders knew enough"),
        Outcome(
            *("answer_quality", "good", "quality", True, answer_quality, FITS), event="answers were good"
        ),
        Outcome(*("readers_left", "good", "readers", False, readers_left, FITS), event="readers stayed"),
        Outcome(
            *("income_inequality", "harm", "Gini index", True, income_inequality, FITS),
            event="producers' incomes were far apart",
        ),
        Outcome(
            *("builder_concentration", "harm", "Herfindahl index", False, builder_concentration, FITS),
            event="few builders had most readers",
        ),
        Outcome(
            *("topic_diversity", "good", "bits", False, topic_diversity, FITS),
            event="many topics were written about",
        ),
        Outcome(
            *("documentation_rate", "good", "share of months", False, documentation_rate, FITS),
            event="builders documented what they used",
        ),
        Outcome(
            *("residual_influence", "harm", "share of answers", False, residual_influence),
            (*FITS, "feedback_commons"),
            event="answers still owed much to what was to be forgotten",
        ),
        Outcome(
            *("retrainings", "harm", "months", True, retrainings, FITS),
            event="builders had to train anew often",
        ),
        Outcome(
            *("supply_collapse", "harm", "months", False, supply_collapse, FITS), event="the supply collapsed"
        ),
        Outcome(
            *("time_to_collapse", "good", "months", False, time_to_collapse, FITS),
            event="the supply held so long",
        ),
    )
}
