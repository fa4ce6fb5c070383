"""Outcomes of norm elicitation: how wise the winner is, whom it represents, and where the experts' norm stands."""

import polars as pl

from windtunnel.analysis.outcomes.base import RUN, Outcome, Runs, per_run
from windtunnel.analysis.outcomes.of_measures import gini, last_of

FITS = ("norm_elicitation",)


def winners_wisdom(runs: Runs) -> pl.DataFrame:
    """Hidden wisdom of the norm that is ahead at the end."""
    return last_of(runs, "wisdom")


def representation(runs: Runs) -> pl.DataFrame:
    """Share of people whose norm leads to the winner in at most two steps of what people find wiser."""
    return last_of(runs, "represented")


def expert_rank(runs: Runs) -> pl.DataFrame:
    """Place of the experts' norm at the end, 1 being the first."""
    return last_of(runs, "expert_rank")


def livable_norm(runs: Runs) -> pl.DataFrame:
    """Share of people to whom the winner looks almost as wise as their own norm, or wiser."""
    return last_of(runs, "livable")


def regret_gini(runs: Runs) -> pl.DataFrame:
    """Gini index of what people lose by the winner against their own norm; null where nobody loses."""
    lost = runs.members.with_columns(pl.col("regret").clip(lower_bound=0)).sort(*RUN, "regret")
    total = pl.col("regret").sum()
    found = lost.group_by(RUN).agg(value=pl.when(total > 0).then(gini("regret")))
    return per_run(runs, found, None)


OUTCOMES = {
    one.name: one
    for one in (
        Outcome(*("winners_wisdom", "good", "wisdom", False, winners_wisdom, FITS), event="a wise norm won"),
        Outcome(
            *("representation", "good", "share of people", False, representation, FITS),
            event="the winner represented most",
        ),
        Outcome(
            *("expert_rank", "harm", "place", False, expert_rank, FITS),
            event="the experts' norm was far behind",
        ),
        Outcome(
            *("livable_norm", "good", "share of people", False, livable_norm, FITS),
            event="most could live with the winner",
        ),
        Outcome(*("regret_gini", "harm", "Gini index", True, regret_gini, FITS), event="few bore the loss"),
    )
}
