"""Bets against a hypothesis: worked cases, a second formula, error rates under peeking with draws that differ."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaln, logsumexp

from windtunnel.analysis.causal.intervals import share
from windtunnel.analysis.causal.sequential import (
    anytime_difference,
    anytime_share,
    by_draw,
    evidence,
    log_evidence,
)

SEEDS, LOOKS = 5, 400
REPETITIONS = 1000
MARGIN = 3 * np.sqrt(0.05 * 0.95 / REPETITIONS)
"""Three standard errors of a simulated rate of 5 % (2.1 points)."""


def mixture(b, c, p=0.5, h=0.5):
    """The beta-binomial mixture in closed form: logarithm of the wealth after b successes and c failures."""
    return betaln(h + b, h + c) - betaln(h, h) - b * np.log(p) - c * np.log(1 - p)


def test_fifteen_against_three_discordant_pairs_is_evidence_of_14_503():
    y0, y1 = [1] * 15 + [0] * 3, [0] * 15 + [1] * 3
    assert evidence(y0, y1) == pytest.approx(14.503, abs=5e-4)
    assert evidence(y0, y1) == pytest.approx(np.exp(mixture(15, 3)), rel=1e-9)


def test_concordant_pairs_tell_nothing():
    few = evidence([1] * 15 + [0] * 3, [0] * 15 + [1] * 3)
    many = evidence([1] * 15 + [0] * 3 + [0, 1] * 20, [0] * 15 + [1] * 3 + [0, 1] * 20)
    assert many == pytest.approx(few, rel=1e-9)


def test_forty_of_fifty_is_known_to_lie_between_5858_and_9366():
    found = anytime_share([1] * 40 + [0] * 10, [1] * 50)
    assert found == pytest.approx((0.8, 0.5858, 0.9366), abs=5e-5)
    for limit in found[1:]:  # the closed form is 1 / alpha at both
        assert mixture(40, 10, limit) == pytest.approx(np.log(20), abs=1e-6)


def test_what_was_not_tried_leaves_the_share_undefined():
    assert anytime_share([0, 1], [0, 0]) == (None, None, None)


def test_draws_of_five_agree_with_a_wealth_added_up_over_many_beliefs():
    rng = np.random.default_rng(3)
    bottom = rng.integers(0, SEEDS + 1, 40) / SEEDS
    top = np.floor(rng.random(40) * (bottom * SEEDS + 1)) / SEEDS
    angles = (np.arange(200_000) + 0.5) * np.pi / 200_000
    p, q = 0.37, (1 + np.cos(angles)) / 2
    logs = sum(np.log1p((q - p) * (t - p * n) / (p * (1 - p))) for t, n in zip(top, bottom, strict=True))
    assert log_evidence(top, bottom, p)[-1] == pytest.approx(logsumexp(logs) - np.log(200_000), abs=1e-6)


pairs = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 6)), min_size=1, max_size=60)


@given(pairs)
def test_the_interval_holds_the_estimate_and_no_order_of_draws_matters(rows):
    y0, y1, draw = (np.array(column) for column in zip(*rows, strict=True))
    found = anytime_difference(y0, y1, draw)
    assert found.low <= found.est <= found.high
    assert found.est == pytest.approx(float((y1 - y0).mean()))
    turned = anytime_difference(y0[::-1], y1[::-1], 6 - draw[::-1])
    assert turned == pytest.approx(found)
    assert evidence(y1, y0, draw) == pytest.approx(evidence(y0, y1, draw))


@given(pairs)
def test_evidence_reaches_the_level_just_where_the_interval_leaves_zero_out(rows):
    y0, y1, draw = (np.array(column) for column in zip(*rows, strict=True))
    found = anytime_difference(y0, y1, draw, 0.8)
    assert (evidence(y0, y1, draw) >= 5) == (found.low > 1e-9 or found.high < -1e-9)


def draws_that_differ(rng, repetitions, averted=0.15, backfires=0.15, alike=1.0):
    """(repetitions, draws, 4) counts of n00, n01, n10, n11: each draw has rates of its own (Dirichlet)."""
    means = np.array([0.4, backfires, averted, 0.6 - averted - backfires])
    rates = rng.dirichlet(means * alike, size=(repetitions, LOOKS))
    return rng.multinomial(SEEDS, rates)


def ever(top, bottom, p):
    """In which repetitions the wealth reaches 20 at some look."""
    parts = [log_evidence(t, n, p).max(axis=1) for t, n in zip(*batches(top, bottom), strict=True)]
    return np.concatenate(parts) >= np.log(20)


def batches(*arrays, size=50):
    return [[array[low : low + size] for low in range(0, len(array), size)] for array in arrays]


@pytest.mark.slow
@pytest.mark.parametrize("alike", [0.3, 1.0, 5.0])
def test_with_equal_arms_and_400_looks_at_most_5_in_100_runs_stop(alike):
    n = draws_that_differ(np.random.default_rng(11), REPETITIONS, alike=alike)
    half = 0.5 + (n[..., 1] - n[..., 2]) / (2 * SEEDS)
    assert ever(half, np.ones_like(half), 0.5).mean() <= 0.05 + MARGIN


@pytest.mark.slow
def test_counting_pairs_instead_of_draws_would_stop_far_more_often():
    n = draws_that_differ(np.random.default_rng(11), REPETITIONS)
    c, b = n[..., 1].cumsum(1), n[..., 2].cumsum(1)
    assert (mixture(b, c) >= np.log(20)).any(1).mean() > 0.2


@pytest.mark.slow
@pytest.mark.parametrize("alike", [0.3, 1.0])
def test_intervals_hold_the_truth_at_all_400_looks_at_once(alike):
    n = draws_that_differ(np.random.default_rng(5), REPETITIONS, averted=0.25, backfires=0.05, alike=alike)
    full = np.ones(n.shape[:2])
    truths = {
        "rd": (0.5 + (n[..., 1] - n[..., 2]) / (2 * SEEDS), full, 0.5 + (0.05 - 0.25) / 2),
        "ps": (n[..., 2] / SEEDS, (n[..., 2] + n[..., 3]) / SEEDS, 0.25 / 0.55),
        "pn": (n[..., 2] / SEEDS, (n[..., 0] + n[..., 2]) / SEEDS, 0.25 / 0.65),
    }
    for name, (top, bottom, truth) in truths.items():
        assert ever(top, bottom, truth).mean() <= 0.05 + MARGIN, name


@pytest.mark.slow
def test_a_fixed_interval_looked_at_again_and_again_misses_the_truth():
    """The contrast: 95 % intervals for a fixed number of draws, 40 looks a run, 100 runs."""
    n = draws_that_differ(np.random.default_rng(5), 100, averted=0.25, backfires=0.05)
    missed = 0
    for run in n:
        draw, cell = np.repeat(np.arange(LOOKS), SEEDS), np.repeat(np.tile(np.arange(4), LOOKS), run.ravel())
        for looked in range(10, LOOKS + 1, 10):
            seen = draw < looked
            found = share(cell[seen] == 2, cell[seen] >= 2, draw[seen])
            if not found.low <= 0.25 / 0.55 <= found.high:
                missed += 1
                break
    assert missed > 10


def test_few_looks_keep_the_level_too():
    """A quick version of the slow test: 60 draws, 200 runs; three standard errors are 4.6 points."""
    n = draws_that_differ(np.random.default_rng(1), 200)[:, :60]
    half = 0.5 + (n[..., 1] - n[..., 2]) / (2 * SEEDS)
    assert ever(half, np.ones_like(half), 0.5).mean() <= 0.05 + 0.046


def test_a_lost_pair_leaves_its_draw_with_a_smaller_stake():
    top, bottom = by_draw([1, 0, 1], [1, 1, 1], draw=[0, 0, 1], pairs_a_draw=2)
    assert (top.tolist(), bottom.tolist()) == ([0.5, 0.5], [1.0, 0.5])
