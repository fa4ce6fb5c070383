"""The conditional logit against programs that others wrote."""

import numpy as np
import pytest

from windtunnel.analysis.learned.held_out import auc
from windtunnel.analysis.learned.logit import Choices, fit_logit, together, yes_or_no

TRUTH = np.array([1.2, -0.7, 0.0])


def drawn(choices: int, seed: int = 2) -> Choices:
    """Choices of 2 to 9 options by a logit of `TRUTH`, five to a cluster."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 10, choices)
    start = np.concatenate([[0], np.cumsum(sizes)])
    x = rng.normal(size=(start[-1], 3)) * [1, 5, 1]
    scores = x @ (TRUTH / [1, 5, 1]) + rng.gumbel(size=len(x))
    taken = np.array([start[i] + scores[start[i] : start[i + 1]].argmax() for i in range(choices)])
    return Choices(x, start, taken, np.arange(choices) // 5, np.arange(choices), ("a", "b", "c"))


def test_as_statsmodels_finds_it() -> None:
    from statsmodels.discrete.conditional_models import ConditionalLogit

    choices = drawn(300)
    groups = np.repeat(np.arange(300), np.diff(choices.start))
    y = np.zeros(len(choices.x))
    y[choices.taken] = 1
    found = ConditionalLogit(y, choices.x, groups=groups).fit(disp=0)
    ours = fit_logit(choices, ridge=1e-9)
    assert ours.value == pytest.approx(found.params, abs=1e-4)
    assert ours.error == pytest.approx(found.bse, rel=0.25), (
        "robust errors of a true model are near the plain ones"
    )


def test_errors_of_clusters_as_statsmodels_finds_them() -> None:
    from statsmodels.discrete.discrete_model import Logit

    rng = np.random.default_rng(5)
    cluster = np.repeat(np.arange(80), 10)
    x = np.column_stack([np.ones(800), rng.normal(size=80)[cluster], rng.normal(size=800)])
    odds = x @ [0.2, 0.8, -0.5] + rng.normal(size=80)[cluster]
    yes = rng.random(800) < 1 / (1 + np.exp(-odds))
    theirs = Logit(yes.astype(float), x).fit(disp=0, cov_type="cluster", cov_kwds={"groups": cluster})
    ours = fit_logit(yes_or_no(x, yes, cluster, np.arange(800), ("one", "a", "b")), ridge=1e-9)
    assert ours.value == pytest.approx(theirs.params, abs=1e-3)
    assert ours.error == pytest.approx(theirs.bse, rel=0.01)


def test_two_lots_together_are_the_whole() -> None:
    choices = drawn(120)
    both = together([choices.only(np.arange(50)), choices.only(np.arange(120) >= 50)])
    assert np.array_equal(both.x, choices.x) and np.array_equal(both.taken, choices.taken)
    assert np.array_equal(both.start, choices.start)


def test_chances_sum_to_one_and_a_feature_counts_no_further_than_seen() -> None:
    choices = drawn(200)
    fitted = fit_logit(choices)
    sums = np.add.reduceat(np.exp(fitted.log_chances(choices)), choices.start[:-1])
    assert sums == pytest.approx(np.ones(200))
    far = np.array([[1000.0, 0.0, 0.0], [fitted.cap[0], 0.0, 0.0]])
    assert fitted.scores(far)[0] == fitted.scores(far)[1]


def test_a_feature_that_never_varies_is_left_alone() -> None:
    choices = drawn(100)
    x = choices.x.copy()
    x[:, 2] = 7
    made = Choices(x, choices.start, choices.taken, choices.cluster, choices.row, choices.names)
    assert fit_logit(made).value[2] == 0


def test_auc_as_scikit_learn_finds_it() -> None:
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(1)
    score, yes = rng.integers(0, 9, 200), rng.random(200) < 0.3
    assert auc(score, yes) == pytest.approx(roc_auc_score(yes, score))
    assert auc(score, np.zeros(200, bool)) is None
