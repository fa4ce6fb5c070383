"""The fit of taught probabilities, beside a logit that is known, scikit-learn's, and noise."""

import numpy as np
import pytest

from windtunnel.agents.minds.rules import normalise
from windtunnel.analysis.model_commands.logit import (
    DECILES,
    calibration_curve,
    columns_of,
    cross_entropy,
    fit_logit,
    likeliest,
)


def designed(seed=0, people=3):
    """Every cell of two features and three people under two option sets, with uneven weights."""
    cells = [
        (tone, quarrel, person, options)
        for tone in (0.0, 1.0, 2.0)
        for quarrel in (0.2, 1.7)
        for person in range(people)
        for options in ((True, True, True, True), (True, True, False, False))
    ]
    features = np.array([cell[:2] for cell in cells])
    persona = np.array([cell[2] for cell in cells])
    offered = np.array([cell[3] for cell in cells])
    weight = np.random.default_rng(seed).exponential(size=len(cells))
    return columns_of(features, persona, people), offered, weight / weight.sum()


def logit_teacher(x, offered, seed=1):
    chance = np.random.default_rng(seed)
    base, weights = chance.normal(size=offered.shape[1]), chance.normal(size=(x.shape[1], offered.shape[1]))
    return np.exp(normalise(np.where(offered, base + x @ weights, -np.inf)))


def test_a_teacher_that_is_a_logit_is_recovered():
    x, offered, weight = designed()
    taught = logit_teacher(x, offered)
    fit = fit_logit(x, taught, offered, weight)
    learnt = cross_entropy(taught, fit.logit.rows(x, offered), weight)
    assert 0 <= learnt - fit.entropy < 1e-3 and fit.held_out - fit.entropy < 1e-3
    assert fit.penalty is not None and fit.base_rates > fit.held_out + 0.05
    assert np.abs(np.exp(fit.logit.rows(x, offered)) - taught).max() < 1e-3


def test_its_odds_do_not_depend_on_the_options_beside_them():
    """The same cells learnt from the small option set alone give the same odds of its two actions."""
    x, offered, weight = designed()
    taught, small = logit_teacher(x, offered), ~offered[:, 2]
    part = likeliest(x[small], taught[small][:, :2], offered[small][:, :2], weight[small], 1e-8)
    whole = likeliest(x, taught, offered, weight, 1e-8)
    odds = [np.diff(made.rows(x, offered[:, :2])[:, :2], axis=1) for made in (part,)]
    assert np.diff(whole.rows(x, offered)[:, :2], axis=1) == pytest.approx(odds[0], abs=1e-3)


def test_noise_is_fitted_no_worse_than_base_rates_held_out():
    x, offered, weight = designed(people=8)
    for seed in range(3):
        taught = np.random.default_rng(seed).dirichlet(np.ones(4), size=len(x)) * offered
        fit = fit_logit(x, taught / taught.sum(axis=1, keepdims=True), offered, weight)
        assert fit.entropy < fit.held_out <= fit.base_rates


def test_it_is_the_logit_of_scikit_learn():
    """All on offer, questions repeated once an action with its probability as weight, the same penalty."""
    from sklearn.linear_model import LogisticRegression

    x, _, weight = designed()
    offered = np.ones((len(x), 4), bool)
    taught = np.random.default_rng(3).dirichlet(np.ones(4), size=len(x))
    penalty = 0.05
    other = LogisticRegression(C=1 / penalty, tol=1e-10, max_iter=5000).fit(
        np.repeat(x, 4, axis=0), np.tile(np.arange(4), len(x)), (weight[:, None] * taught).ravel()
    )
    ours = likeliest(x, taught, offered, weight, penalty)
    assert np.exp(ours.rows(x, offered)) == pytest.approx(other.predict_proba(x), abs=1e-5)


def test_without_columns_it_is_the_mean_of_what_was_taught():
    x, _, weight = designed()
    taught = np.random.default_rng(4).dirichlet(np.ones(3), size=len(x))
    made = likeliest(x, taught, np.ones_like(taught, bool), weight, None)
    assert np.exp(made.base) == pytest.approx(weight @ taught) and not made.weights.any()


def test_the_same_seed_gives_the_same_fit():
    x, offered, weight = designed()
    taught = logit_teacher(x, offered)
    one, two = (fit_logit(x, taught, offered, weight, seed=5) for _ in range(2))
    assert np.array_equal(one.logit.weights, two.logit.weights) and one.tried == two.tried


def test_a_column_that_never_varies_gets_no_coefficient():
    x, offered, weight = designed()
    fit = fit_logit(np.hstack([x, np.full((len(x), 1), 3.0)]), logit_teacher(x, offered), offered, weight)
    assert not fit.logit.weights[-1].any() and fit.logit.weights[0].any()


def test_a_teacher_that_is_certain_is_learnt_all_the_same():
    x, offered, weight = designed()
    taught = np.where(np.arange(4) == 0, 1.0, 0.0) * np.ones((len(x), 1))
    fit = fit_logit(x, taught, offered, weight)
    assert fit.entropy == 0 and fit.held_out < 1e-3


def test_a_perfect_prediction_lies_on_the_diagonal():
    x, offered, weight = designed()
    taught = logit_teacher(x, offered)
    points = calibration_curve(taught, taught, offered, weight)
    assert all(predicted == pytest.approx(seen) for predicted, seen, _ in points)
    assert sum(share for *_, share in points) == pytest.approx(1) and len(points) <= DECILES
    assert [predicted for predicted, *_ in points] == sorted(predicted for predicted, *_ in points)


def test_cross_entropy_by_hand():
    taught, rows = np.array([[0.5, 0.5], [1, 0]]), np.log(np.array([[0.25, 0.75], [0.5, 0.5]]))
    first = -(np.log(0.25) + np.log(0.75)) / 2
    assert cross_entropy(taught, rows, np.array([3.0, 1])) == pytest.approx((3 * first + np.log(2)) / 4)


def test_too_few_questions_are_refused():
    with pytest.raises(ValueError, match="at least 5 are needed"):
        fit_logit(np.ones((3, 1)), np.ones((3, 2)) / 2, np.ones((3, 2), bool), np.ones(3) / 3)
