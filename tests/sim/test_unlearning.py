"""Unlearning: by hand, the order of the methods in every drawn case, and in the commons."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import multivariate_normal

from windtunnel import run
from windtunnel.sim.unlearning import METHODS, Contributors


def drawn(seed: int) -> tuple[Contributors, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    some = Contributors(draw.normal(size=(7, 2)), draw.uniform(0.1, 2.0, 7), draw.normal(size=(5, 2)))
    gone = np.zeros(7, bool)
    gone[draw.choice(7, draw.integers(1, 6), replace=False)] = True
    return some, draw.uniform(0, 3, 7), gone


def test_predictions_are_bayes_rule_with_scipys_normal_law():
    some, weights, _ = drawn(0)
    pooled = np.average(some.variance, weights=weights)
    dense = np.array(
        [
            [w * multivariate_normal(c, pooled).pdf(x) for w, c in zip(weights, some.centres, strict=True)]
            for x in some.prompts
        ]
    )
    assert np.allclose(some.trained(weights)[:, :-1], dense / dense.sum(axis=1, keepdims=True))


def test_two_contributors_by_hand():
    """Both alike at the prompt: each has half. A filter leaves half unanswered, a reweighting and a new training nothing."""
    two = Contributors(np.array([[1.0], [-1.0]]), np.ones(2), np.array([[0.0]]))
    gone, even = np.array([True, False]), np.ones(2)
    assert two.predictions("filter_only", even, gone).tolist() == [[0.0, 0.5, 0.5]]
    assert two.predictions("reweight", even, gone).tolist() == [[0.0, 1.0, 0.0]]
    residual = [two.residual(method, even, gone) for method in METHODS]
    assert residual == [0.5, 0.5, 0.0, 0.0]
    assert two.residual("reweight", even, np.ones(2, bool)) == 0.0  # nobody is left: no answer in either


@pytest.mark.parametrize("seed", range(100))
def test_exact_retraining_leaves_nothing_and_reweighting_less_than_a_filter(seed):
    some, weights, gone = drawn(seed)
    left = {method: some.residual(method, weights, gone) for method in METHODS}
    assert left["exact_retrain"] == 0 <= left["reweight"] < left["filter_only"] <= 1
    assert left["filter_only"] == pytest.approx(left["none"])  # a filter hides words, not influence
    for method in METHODS:
        assert np.allclose(some.predictions(method, weights, gone).sum(axis=1), 1)


def test_in_an_information_commons_the_methods_come_in_that_order():
    left, anew = {}, {}
    for method in METHODS:
        found = run(
            community="info_commons",
            policy="retraction",
            policy_with={"retraction": {"method": method}},
            draws=1,
            seeds=1,
            steps=14,
            dowhy=False,
        ).runs.filter(pl.col("arm") == "policy")
        left[method], anew[method] = found["residual_influence"].to_numpy(), found["retrainings"].sum()
    assert (left["exact_retrain"] == 0).all() and (left["reweight"] > 0).all()
    assert (left["reweight"] < left["filter_only"]).all() and np.allclose(left["filter_only"], left["none"])
    assert anew["exact_retrain"] > 0 == anew["reweight"]
