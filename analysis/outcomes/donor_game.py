"""Outcomes of a donor game: how generous donors are at the end, and what becomes of it over the generations."""

import polars as pl

from windtunnel.analysis.outcomes.base import RUN, Outcome, Runs, per_run

FITS = ("donor_game",)


def _by_generation(runs: Runs) -> pl.DataFrame:
    """The mean share that donors gave, a row a run and generation: `RUN`, `generation`, `given`."""
    wide = runs.measures.filter(pl.col("measure").is_in(["given", "generation"]))
    wide = wide.pivot("measure", index=[*RUN, "step"], values="value")
    each = wide.group_by(*RUN, "generation").agg(pl.col("given").mean())
    return each.sort(*RUN, "generation")


def donation(runs: Runs) -> pl.DataFrame:
    """The mean share of their resources that donors gave in the last generation."""
    last = _by_generation(runs).sort("generation").group_by(RUN).last()
    return per_run(runs, last.select(*RUN, value="given"), None)


def donation_slope(runs: Runs) -> pl.DataFrame:
    """By how much that share rises a generation: the slope of a straight line; null with one generation."""
    found = (
        _by_generation(runs)
        .group_by(RUN, maintain_order=True)
        .agg(value=pl.cov("generation", "given") / pl.col("generation").var())
    )
    return per_run(runs, found.with_columns(pl.col("value").fill_nan(None)), None)


OUTCOMES = {
    one.name: one
    for one in (
        Outcome(
            "donation",
            "good",
            "share of a donor's resources",
            False,
            donation,
            FITS,
            "donors were generous at the end",
        ),
        Outcome(
            "donation_slope",
            "good",
            "share a generation",
            False,
            donation_slope,
            FITS,
            "donors became more generous",
        ),
    )
}
