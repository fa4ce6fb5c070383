"""Outcomes of any community whose members earn something: how much, how equally, and what there is at the end."""

import polars as pl

from windtunnel.analysis.outcomes.base import RUN, Outcome, Runs, per_run
from windtunnel.analysis.outcomes.of_measures import gini, last_of

FITS = ("commons", "donor_game")


def gain(runs: Runs) -> pl.DataFrame:
    """Mean of what the members earned who took part."""
    took_part = runs.members.filter(pl.col("active_steps") > 0)
    return per_run(runs, took_part.group_by(RUN).agg(value=pl.col("earned").mean()), None)


def equality(runs: Runs) -> pl.DataFrame:
    """1 - Gini of what the members earned who took part; null where they earned nothing together, or one lost.

    The Gini index is sum_ij |x_i - x_j| / (2 n sum x).
    """
    took_part = runs.members.filter(pl.col("active_steps") > 0).sort(*RUN, "earned")
    total = pl.col("earned").sum()
    fair = 1 - gini("earned")
    found = took_part.group_by(RUN).agg(value=pl.when((total > 0) & (pl.col("earned").min() >= 0)).then(fair))
    return per_run(runs, found, None)


def final_resources(runs: Runs) -> pl.DataFrame:
    """What there is at the end: the stock of a commons, a member's mean resources in the last generation of donors."""
    return last_of(runs, "remaining")


OUTCOMES = {
    one.name: one
    for one in (
        Outcome(
            *("gain", "good", "points a member", False, gain, FITS, "members earned enough"),
            memo="what members earn",
        ),
        Outcome(
            "equality", "good", "1 less the Gini index", False, equality, FITS, "members earned about alike"
        ),
        Outcome(
            "final_resources",
            "good",
            "units at the end",
            False,
            final_resources,
            FITS,
            "enough was there at the end",
        ),
    )
}
