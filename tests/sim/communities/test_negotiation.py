"""A negotiation: consent of all harms nobody, the best is found by trying all, and talk changes what is known, not what is wanted."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from windtunnel import run
from windtunnel.sim.communities.negotiation.problem import Problem

SMALL = dict(community="negotiation", seeds=1, dowhy=False)


def pairs(policy: Any, draws: int = 12, place: dict[str, Any] | None = None, **more: Any) -> pl.DataFrame:
    return run(place or {}, **SMALL, policy=policy, draws=draws, **more).runs.sort("draw")


def arms(runs: pl.DataFrame, outcome: str) -> tuple[np.ndarray, np.ndarray]:
    return tuple(runs.filter(pl.col("arm") == arm)[outcome].to_numpy() for arm in ("baseline", "policy"))  # type: ignore[return-value]


def test_the_best_set_of_a_problem_that_one_can_do_by_hand():
    """Two groups, two measures, money for one: the first helps one group more, the second both alike."""
    problem = Problem(np.array([2.0, 3.0]), np.array([[0.0, 0.5], [1.5, 0.5]]), np.array([1.0, 1.0]), 1.0)
    best = problem.best(np.arange(2))
    assert best == pytest.approx({"total": 6.5, "worst": 2.5, "nash": 0.25})


def test_with_the_consent_of_all_nobody_loses_in_any_problem():
    """Weakly better for all by construction: checked against the base design that each run begins with."""
    runs = pairs("mediated_bargaining")
    for outcome in ("total_utility", "worst_utility", "low_satisfaction"):
        before, after = arms(runs, outcome)
        assert (after >= before - 1e-9).all() and (after > before).any()
    assert not arms(runs, "groups_worse_off")[1].any()


def test_no_outcome_beats_the_best_and_no_budget_is_passed():
    runs = pairs("mediated_bargaining")
    for outcome in ("regret_total", "regret_worst", "regret_nash"):
        assert (arms(runs, outcome)[1] >= -1e-9).all()
    assert (arms(runs, "budget_spent")[1] <= 5 + 1e-9).all()


def test_a_majority_makes_some_worse_off():
    assert arms(pairs("majority_rule"), "groups_worse_off")[1].sum() > 0


def test_talk_shrinks_what_is_wrongly_believed_and_not_what_is_wanted():
    runs = pairs("open_discussion", 6, {"community.settings.gap": 0.5})
    before, after = arms(runs, "belief_gap")
    assert (after < 0.01 * before).all()
    assert np.array_equal(*arms(runs, "value_gap"))


def test_a_larger_budget_alone_buys_nothing():
    one, two = arms(pairs("larger_budget", 4), "total_utility")
    assert np.array_equal(one, two)
    plain, rich = (
        arms(pairs(policy, 12), "total_utility")[1].mean()
        for policy in ("mediated_bargaining", ["larger_budget", "mediated_bargaining"])
    )
    assert rich > plain
