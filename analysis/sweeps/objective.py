"""What a selection or a search is to maximise, as the designer states it: averted harm less backfire less cost."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple

import polars as pl

from windtunnel.analysis.outcomes import Outcome, find_outcome, known_outcomes

STATED = "lambda"
COST = "cost."


class Objective(NamedTuple):
    """averted - backfire_weight · backfire - sum of weight · added cost, a mean over pairs.

    Averted counts pairs in which the policy prevented a harm (brought a good about); backfire the opposite. A
    cost is what the policy arm has of an outcome beyond its twin, in that outcome's own unit. With
    backfire_weight 1 and no cost it is the risk difference in the wanted direction; it is Li & Pearl's (2019)
    benefit with payoff 1 for a complier, -backfire_weight for a defier and 0 for the rest.
    """

    backfire_weight: float
    costs: Mapping[str, float]

    def words(self) -> str:
        """The objective as a formula for people."""
        costs = "".join(f" - {weight:g} x added {name}" for name, weight in self.costs.items())
        return f"averted - {self.backfire_weight:g} x backfire{costs}, mean over pairs"

    def weights(self) -> dict[str, Any]:
        """What makes it another question."""
        return {STATED: self.backfire_weight, **self.costs}

    def scores(self, rows: pl.DataFrame, outcome: Outcome, threshold: float) -> pl.DataFrame:
        """See `scores`."""
        return scores(self, rows, outcome, threshold)

    def record(self) -> dict[str, Any]:
        return {"lambda": self.backfire_weight, "cost": dict(self.costs), "words": self.words()}


def read_objective(given: Mapping[str, str], outcome: Outcome) -> Objective:
    """The objective of `lambda=…` and `cost.NAME=…`; `ValueError` where a weight is not stated or rewards a harm."""
    if STATED not in given:
        raise ValueError(
            "lambda is not stated: say how much a harm that the policy causes weighs against one that it averts, "
            "for example lambda=1; it has no default"
        )
    weights = {name: _number(name, value) for name, value in given.items()}
    for name, weight in weights.items():
        if weight < 0:
            what = "a harm that the policy causes" if name == STATED else f"more of {name.removeprefix(COST)}"
            raise ValueError(f"{name} is {weight:g}, which would reward {what}: state 0 or more")
    costs = {name.removeprefix(COST): weight for name, weight in weights.items() if name != STATED}
    for name in costs:
        cost = find_outcome(name)
        if cost.polarity != "harm":
            harms = ", ".join(
                one.name for one in known_outcomes().values() if one.cost and one.polarity == "harm"
            )
            raise ValueError(
                f"cost.{name}: {name} is a good, and a search must not pay for less of it: choose {harms}"
            )
        if name == outcome.name:
            raise ValueError(
                f"cost.{name}: {name} is the outcome itself, which the averted harm counts already"
            )
    return Objective(weights[STATED], costs)


def scores(objective: Objective, rows: pl.DataFrame, outcome: Outcome, threshold: float) -> pl.DataFrame:
    """draw, seed, averted, backfire, cost, score of each complete pair; `rows` is a run table with both arms."""
    ok = rows.filter(
        (pl.col("status") == "ok")
        & pl.all_horizontal(pl.col(name).is_not_null() for name in (outcome.name, *objective.costs))
    )
    kept = ["draw", "seed", outcome.name, *objective.costs]
    arms = [ok.filter(pl.col("arm") == arm).select(kept) for arm in ("baseline", "policy")]
    both = arms[0].join(arms[1], on=["draw", "seed"], suffix="_policy").sort("draw", "seed")
    before = pl.col(outcome.name) >= threshold
    after = pl.col(f"{outcome.name}_policy") >= threshold
    wanted, unwanted = (before & ~after, after & ~before)
    if outcome.polarity == "good":
        wanted, unwanted = unwanted, wanted
    cost = pl.sum_horizontal(
        pl.lit(0.0),
        *(weight * (pl.col(f"{name}_policy") - pl.col(name)) for name, weight in objective.costs.items()),
    )
    found = both.select(
        "draw", "seed", averted=wanted.cast(pl.Float64), backfire=unwanted.cast(pl.Float64), cost=cost
    )
    value = pl.col("averted") - objective.backfire_weight * pl.col("backfire") - pl.col("cost")
    return found.with_columns(score=value)


def split_words(words: Sequence[str], own: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """What a command takes itself (`own` keys, lambda and cost.*), and the settings of the run, in order."""
    mine: dict[str, str] = {}
    rest = []
    for word in words:
        key, sign, value = word.partition("=")
        if not sign or (key not in own and key != STATED and not key.startswith(COST)):
            rest.append(word)
        elif key in mine:
            raise ValueError(f"{key} is set twice")
        else:
            mine[key] = value
    return mine, rest


def _number(name: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise ValueError(f"{name} is {value!r}: give a number")
    return number
