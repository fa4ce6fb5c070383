"""Outcomes of a place that lives by rules of thumb: what is broken, what is seen rightly, and what is left undone for nothing."""

import polars as pl

from windtunnel.analysis.outcomes.base import RUN, Outcome, Runs, per_run

FITS = ("rules_of_thumb",)


def _sums(runs: Runs) -> pl.DataFrame:
    """Each measure added up over the run: `RUN` and a column a measure."""
    total = runs.measures.group_by(*RUN, "measure").agg(pl.col("value").sum())
    return total.pivot("measure", index=RUN, values="value")


def _share(runs: Runs, part: pl.Expr, whole: pl.Expr) -> pl.DataFrame:
    if runs.measures.is_empty():
        return per_run(runs, runs.runs.select(*RUN, value=pl.lit(None, pl.Float64)), None)
    found = _sums(runs).with_columns(value=pl.when(whole > 0).then(part / whole))
    return per_run(runs, found, None)


def norm_violation_rate(runs: Runs) -> pl.DataFrame:
    """Share of the acts that break a rule which are done."""
    return _share(runs, pl.col("violations"), pl.col("wrong"))


def normative_agreement(runs: Runs) -> pl.DataFrame:
    """Share of acts that people see as the rule has them."""
    whole = pl.col("wrong") + pl.col("fine")
    return _share(runs, pl.col("wrong_seen") + pl.col("fine_seen"), whole)


def acceptance_gap(runs: Runs) -> pl.DataFrame:
    """By how much more often people are right of acts that are fine than of acts that break a rule."""
    fine, wrong = pl.col("fine"), pl.col("wrong")
    apart = pl.col("fine_seen") * wrong - pl.col("wrong_seen") * fine
    return _share(runs, apart, fine * wrong)


def needless_restraint(runs: Runs) -> pl.DataFrame:
    """Share of the acts that break no rule which are left undone."""
    return _share(runs, pl.col("held_back"), pl.col("fine"))


OUTCOMES = {
    one.name: one
    for one in (
        Outcome(
            *("norm_violation_rate", "harm", "share of acts", False, norm_violation_rate, FITS),
            event="most rules were broken",
        ),
        Outcome(
            *("normative_agreement", "good", "share of acts", False, normative_agreement, FITS),
            event="people saw most acts rightly",
        ),
        Outcome(
            *("acceptance_gap", "harm", "share of acts", False, acceptance_gap, FITS),
            event="people took much for fine that is not",
        ),
        Outcome(
            *("needless_restraint", "harm", "share of acts", True, needless_restraint, FITS),
            event="people left much undone that is fine",
        ),
    )
}
