"""Outcomes of a negotiation: what all, the worst off and the rest have at the end, and how far that is from the best possible."""

import polars as pl

from windtunnel.analysis.outcomes.base import RUN, Outcome, Runs, per_run
from windtunnel.analysis.outcomes.of_measures import gini, last_of

FITS = ("negotiation",)
LEAST, MOST = 1.0, 5.0
"""The scale of utilities."""


def total_utility(runs: Runs) -> pl.DataFrame:
    """Utility of all groups together at the end, each on a scale of 1 to 5."""
    return last_of(runs, "total")


def worst_utility(runs: Runs) -> pl.DataFrame:
    """Utility of the worst off group at the end."""
    return last_of(runs, "worst")


def utility_gini(runs: Runs) -> pl.DataFrame:
    """Gini index of the groups' utilities at the end."""
    present = runs.members.filter(pl.col("active_steps") > 0).sort(*RUN, "utility")
    return per_run(runs, present.group_by(RUN).agg(value=gini("utility")), None)


def low_satisfaction(runs: Runs) -> pl.DataFrame:
    """The satisfaction (place on the scale, 0 to 1) that a fifth of the groups do not reach: the 20th percentile."""
    present = runs.members.filter(pl.col("active_steps") > 0)
    share = (pl.col("utility") - LEAST) / (MOST - LEAST)
    return per_run(runs, present.group_by(RUN).agg(value=share.quantile(0.2, "linear")), None)


def budget_spent(runs: Runs) -> pl.DataFrame:
    """What the adopted measures cost."""
    return last_of(runs, "spent")


def groups_worse_off(runs: Runs) -> pl.DataFrame:
    """Groups that are worse off at the end than with the base design."""
    return last_of(runs, "below_base")


def regret_total(runs: Runs) -> pl.DataFrame:
    """How far the total is below that of the best affordable set of measures, found by trying all."""
    return last_of(runs, "short_of_total")


def regret_worst(runs: Runs) -> pl.DataFrame:
    """How far the worst off group is below where the best set for the worst off would have it."""
    return last_of(runs, "short_of_worst")


def regret_nash(runs: Runs) -> pl.DataFrame:
    """How far the product of the groups' gains is below the greatest (Nash 1950)."""
    return last_of(runs, "short_of_nash")


def belief_gap(runs: Runs) -> pl.DataFrame:
    """Variance, at the end, of what groups wrongly believe of measures."""
    return last_of(runs, "belief_gap")


def value_gap(runs: Runs) -> pl.DataFrame:
    """Variance between groups of what measures are worth to them."""
    return last_of(runs, "value_gap")


OUTCOMES = {
    one.name: one
    for one in (
        Outcome(
            *("total_utility", "good", "utility", False, total_utility, FITS), event="all had much together"
        ),
        Outcome(
            *("worst_utility", "good", "utility", False, worst_utility, FITS), event="the worst off did well"
        ),
        Outcome(
            *("utility_gini", "harm", "Gini index", False, utility_gini, FITS), event="groups were far apart"
        ),
        Outcome(
            *("low_satisfaction", "good", "share of the scale", False, low_satisfaction, FITS),
            event="four in five groups were satisfied",
        ),
        Outcome(*("budget_spent", "harm", "of the budget", True, budget_spent, FITS), event="much was spent"),
        Outcome(
            *("groups_worse_off", "harm", "groups", True, groups_worse_off, FITS),
            event="a group was made worse off",
        ),
        Outcome(
            *("regret_total", "harm", "utility", False, regret_total, FITS), event="much was left undone"
        ),
        Outcome(
            *("regret_worst", "harm", "utility", False, regret_worst, FITS),
            event="the worst off could have had more",
        ),
        Outcome(
            *("regret_nash", "harm", "product of gains", False, regret_nash, FITS), event="gains fell short"
        ),
        Outcome(*("belief_gap", "harm", "variance", False, belief_gap, FITS), event="groups knew little"),
        Outcome(
            *("value_gap", "harm", "variance", False, value_gap, FITS), event="groups wanted different things"
        ),
    )
}
