"""Outcomes of a feedback commons: whom models serve, who gives, and what it costs them."""

import polars as pl

from windtunnel.analysis.outcomes.base import RUN, Outcome, Runs, per_run
from windtunnel.analysis.outcomes.of_measures import late_mean_of, mean_of, sum_of

FITS = ("feedback_commons",)
LAST = 8
"""Weeks at the end over which a state is averaged."""


def least_quality(runs: Runs) -> pl.DataFrame:
    """Quality for the worst served group at the end, 0 to 1."""
    return late_mean_of(runs, "least_quality", LAST)


def mean_quality(runs: Runs) -> pl.DataFrame:
    """Mean quality over groups at the end, 0 to 1."""
    return late_mean_of(runs, "quality", LAST)


def contributions(runs: Runs) -> pl.DataFrame:
    """Contributions a step."""
    return mean_of(runs, "contributions")


def contributions_at_end(runs: Runs) -> pl.DataFrame:
    """Contributions a step at the end: whether the loop of use and feedback carries itself once a policy has stopped."""
    return late_mean_of(runs, "contributions", LAST)


def coverage_inequality(runs: Runs) -> pl.DataFrame:
    """Gini index over groups, at the end, of the feedback that there is for each of their people."""
    return late_mean_of(runs, "coverage_gini", LAST)


def quality_inequality(runs: Runs) -> pl.DataFrame:
    """Gini index of quality over groups at the end."""
    return late_mean_of(runs, "quality_gini", LAST)


def feedback_freshness(runs: Runs) -> pl.DataFrame:
    """Feedback that has not gone stale, at the end."""
    return late_mean_of(runs, "freshness", LAST)


def expert_share(runs: Runs) -> pl.DataFrame:
    """Share of contributions that experts give."""
    return mean_of(runs, "from_experts")


def leakage(runs: Runs) -> pl.DataFrame:
    """People whose data leaked, one for each time."""
    return sum_of(runs, "leaked")


def retractions(runs: Runs) -> pl.DataFrame:
    """People who took back what they gave, one for each time."""
    return sum_of(runs, "retracted")


def openness_score(runs: Runs) -> pl.DataFrame:
    """Axes on which the pool is open, of five: methodology, access, models, people, timeline."""
    return late_mean_of(runs, "openness", LAST)


def contributor_inequality(runs: Runs) -> pl.DataFrame:
    """Gini index of contributions over the people who took part; null where nobody gave."""
    given = runs.members.filter(pl.col("active_steps") > 0).sort(*RUN, "given")
    place = (2 * pl.int_range(1, pl.len() + 1) - pl.len() - 1) * pl.col("given")
    total = pl.col("given").sum()
    found = given.group_by(RUN).agg(value=pl.when(total > 0).then(place.sum() / (pl.len() * total)))
    return per_run(runs, found, None)


def top_tenth(runs: Runs) -> pl.DataFrame:
    """Share of all contributions that the tenth gave who gave most."""
    given = runs.members.filter(pl.col("active_steps") > 0).sort(*RUN, "given", descending=True)
    most = pl.col("given").head((pl.len() / 10).ceil().cast(pl.Int64)).sum()
    total = pl.col("given").sum()
    return per_run(runs, given.group_by(RUN).agg(value=pl.when(total > 0).then(most / total)), None)


def implicit_share(runs: Runs) -> pl.DataFrame:
    """Feedback read from use as a share of all that came in."""
    both = [sum_of(runs, name)["value"] for name in ("implicit", "contributions")]
    table = runs.runs.select(RUN).with_columns(implicit=both[0], given=both[1])
    total = pl.col("implicit") + pl.col("given")
    return table.select(*RUN, value=pl.when(total > 0).then(pl.col("implicit") / total))


OUTCOMES = {
    one.name: one
    for one in (
        Outcome(
            *("least_quality", "good", "quality", False, least_quality, FITS),
            event="the worst served group was served well",
        ),
        Outcome(*("mean_quality", "good", "quality", False, mean_quality, FITS), event="models were good"),
        Outcome(
            *("contributions", "good", "contributions a week", False, contributions, FITS),
            event="people contributed much",
        ),
        Outcome(
            *("contributions_at_end", "good", "contributions a week", False, contributions_at_end, FITS),
            event="people still contributed at the end",
        ),
        Outcome(
            *("quality_inequality", "harm", "Gini index", False, quality_inequality, FITS),
            event="models were good for some groups alone",
        ),
        Outcome(
            *("coverage_inequality", "harm", "Gini index", False, coverage_inequality, FITS),
            event="groups were served unequally",
        ),
        Outcome(
            *("feedback_freshness", "good", "contributions", False, feedback_freshness, FITS),
            event="enough feedback was fresh",
        ),
        Outcome(
            *("expert_share", "good", "share of contributions", False, expert_share, FITS),
            event="experts gave a good part",
        ),
        Outcome(*("leakage", "harm", "people", True, leakage, FITS), event="data of many leaked"),
        Outcome(
            *("retractions", "harm", "people", True, retractions, FITS), event="many took their feedback back"
        ),
        Outcome(
            *("openness_score", "good", "of 5 axes", False, openness_score, FITS), event="the pool was open"
        ),
        Outcome(
            *("contributor_inequality", "harm", "Gini index", False, contributor_inequality, FITS),
            event="few gave most",
        ),
        Outcome(
            *("top_tenth", "harm", "share of contributions", False, top_tenth, FITS),
            event="a tenth gave most",
        ),
        Outcome(
            *("implicit_share", "good", "share of feedback", False, implicit_share, FITS),
            event="much was read from use",
        ),
    )
}
