"""Outcomes of misinformation: what was seen and believed, what true was stopped, how far members stand apart."""

import polars as pl

from windtunnel.analysis.outcomes.base import RUN, Outcome, Runs, per_run

FITS = ("misinformation",)


def _by_step(runs: Runs, *names: str) -> pl.DataFrame:
    """Measures side by side, a row a run and step."""
    rows = runs.measures.filter(pl.col("measure").is_in(names))
    return rows.pivot("measure", index=[*RUN, "step"], values="value")


def _by_run(runs: Runs, value: pl.Expr, *names: str) -> pl.DataFrame:
    found = _by_step(runs, *names).group_by(RUN).agg(value=value)
    return per_run(runs, found.with_columns(pl.col("value").fill_nan(None)), None)


def false_exposure(runs: Runs) -> pl.DataFrame:
    """False messages that a member noticed, the mean over members."""
    return _by_run(runs, pl.col("false_seen").sum(), "false_seen")


def belief_error(runs: Runs) -> pl.DataFrame:
    """Belief in the false claim, 0 to 1, the mean over members and steps."""
    return _by_run(runs, pl.col("belief").mean(), "belief")


def true_stopped(runs: Runs) -> pl.DataFrame:
    """Share of true messages that were stopped; null where none was written."""
    share = pl.col("true_stopped").sum() / pl.col("true_made").sum()
    return _by_run(runs, share, "true_stopped", "true_made")


def spread_of_false(runs: Runs) -> pl.DataFrame:
    """How often a false message is passed on (its effective reproduction number); null where none was written."""
    share = pl.col("false_shared").sum() / pl.col("false_made").sum()
    return _by_run(runs, share, "false_shared", "false_made")


def disagreement(runs: Runs) -> pl.DataFrame:
    """Mean distance between the attitudes of members who follow each other, over all steps."""
    return _by_run(runs, pl.col("disagreement").mean(), "disagreement")


def disagreement_words(runs: Runs) -> pl.DataFrame:
    """Share of negative words in what members say to each other's messages; null where nobody says anything."""
    return _by_run(runs, pl.col("negative").sum() / pl.col("scored").sum(), "negative", "scored")


def informed_welfare(runs: Runs) -> pl.DataFrame:
    """Accuracy less censorship: 1 less the belief error, less the share of true messages that were stopped."""
    both = belief_error(runs).join(true_stopped(runs).rename({"value": "stopped"}), on=RUN, how="left")
    return both.select(*RUN, value=1 - pl.col("value") - pl.col("stopped").fill_null(0.0))


def apparent_harm(runs: Runs) -> pl.DataFrame:
    """Rank correlation, over steps, of false messages noticed and of disagreement: what somebody sees who only looks on."""
    found = pl.corr("false_seen", "disagreement", method="spearman")
    return _by_run(runs, found, "false_seen", "disagreement")


OUTCOMES = {
    one.name: one
    for one in (
        Outcome(
            *("false_exposure", "harm", "false messages a member", False, false_exposure, FITS),
            event="members saw many false messages",
        ),
        Outcome(
            *("belief_error", "harm", "mean belief", False, belief_error, FITS),
            event="the false claim was believed",
        ),
        Outcome(
            *("true_stopped", "harm", "share of true messages", True, true_stopped, FITS),
            event="too many true messages were stopped",
        ),
        Outcome(
            *("spread_of_false", "harm", "times passed on", False, spread_of_false, FITS),
            event="false messages spread",
        ),
        Outcome(
            *("disagreement", "harm", "mean distance of attitudes", False, disagreement, FITS),
            event="members stood far apart",
        ),
        Outcome(
            *("disagreement_words", "harm", "share of words", False, disagreement_words, FITS),
            event="members spoke of each other's messages with many negative words",
        ),
        Outcome(
            *("informed_welfare", "good", "accuracy less censorship", False, informed_welfare, FITS),
            event="members were well informed and free to speak",
        ),
        Outcome(
            *("apparent_harm", "harm", "rank correlation", False, apparent_harm, FITS),
            event="false messages and disagreement went together",
        ),
    )
}
