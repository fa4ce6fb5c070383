"""Intervals against published values, second methods, and their promise of coverage."""

import numpy as np
import pytest
from scipy.stats import binomtest, t
from statsmodels.stats.contingency_tables import mcnemar

from windtunnel.analysis.causal.clusters import correlation_quantile, rate_limits
from windtunnel.analysis.causal.intervals import (
    FEW,
    MANY,
    UNDEFINED,
    WIDER,
    mean_difference,
    newcombe,
    paired_difference,
    share,
    wilson,
)
from windtunnel.analysis.causal.refute import flipped_as_far

EVERY = np.ones


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [  # D15: Newcombe (1998), Stat. Med. 17:857, table I
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_d15_wilson_gives_the_published_limits_and_scipys(hits, n, low, high):
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)
    scipys = binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson(hits, n) == pytest.approx((scipys.low, scipys.high), abs=1e-9)


def test_d16_approval_ratings_fell():
    y0 = np.repeat([1, 1, 0, 0], [794, 150, 86, 570])
    y1 = np.repeat([1, 0, 1, 0], [794, 150, 86, 570])
    est, low, high = paired_difference(y0, y1)
    assert est == pytest.approx(-0.04)
    assert (low, high) == pytest.approx((-0.05872, -0.02128), abs=1e-4)  # Wald's limits, close at this size
    flipped = flipped_as_far(np.repeat([1, -1], [86, 150]), ties=1)  # each pair a draw: McNemar's exact test
    assert flipped == pytest.approx(3.716e-5, rel=1e-3)
    assert flipped == pytest.approx(mcnemar([[794, 150], [86, 570]], exact=True).pvalue)
    assert mcnemar([[794, 150], [86, 570]], exact=False, correction=False).statistic == pytest.approx(
        17.3559, abs=1e-4
    )


@pytest.mark.parametrize(
    ("cells", "low", "high"),
    [  # Newcombe (1998), Stat. Med. 17:2635, method 10
        ((2, 12, 1, 36), None, None),
        ((0, 0, 0, 54), -0.0664, 0.0664),
        ((0, 0, 54, 0), -1, None),
    ],
)
def test_paired_limits_of_extreme_tables_stay_where_they_can(cells, low, high):
    found = newcombe(*cells)
    difference = (cells[1] - cells[2]) / sum(cells)
    assert -1 <= found[0] <= difference <= found[1] <= 1
    assert low is None or found[0] == pytest.approx(low, abs=5e-5)
    assert high is None or found[1] == pytest.approx(high, abs=5e-5)


def test_swapping_the_arms_turns_the_paired_interval_round():
    assert newcombe(20, 5, 11, 30) == pytest.approx(tuple(-limit for limit in newcombe(20, 11, 5, 30)[::-1]))


def test_one_draw_gives_no_limits_rather_than_short_ones():
    y0, y1 = np.array([0, 1, 1, 0, 1]), np.array([0, 0, 1, 0, 0])
    assert share(y1, EVERY(5, bool), np.zeros(5)) == (0.2, None, None)
    assert paired_difference(y0, y1, np.zeros(5)) == (pytest.approx(-0.4), None, None)
    assert mean_difference(y1 - y0, np.zeros(5))[1:] == (None, None)


def test_a_share_of_nothing_is_undefined():
    assert share([1, 0], [0, 0], [1, 2]) == UNDEFINED
    assert paired_difference([], []) == UNDEFINED and mean_difference([]) == UNDEFINED
    with pytest.raises(ValueError, match="at least one trial"):
        wilson(0, 0)


def test_draws_that_are_all_alike_inside_count_as_one_trial_each():
    draw = np.repeat(np.arange(10), 30)
    hits = np.repeat([1, 0, 1, 1, 0, 0, 1, 0, 1, 0], 30)
    cluster, plain = share(hits, EVERY(300, bool), draw), share(hits, EVERY(300, bool))
    ten = wilson(0.5 * (n := 9 * (1.959964 / t.ppf(0.975, 9)) ** 2), n)
    assert cluster[1:] == pytest.approx(ten, abs=1e-6)  # C / (C - 1) turns ten trials into nine
    assert cluster.high - cluster.low > 4 * (plain.high - plain.low)


def test_draws_that_do_not_differ_cost_little_more_than_the_t_factor():
    """Few draws leave it open how alike their runs are, so they cost a little; beyond `MANY` the t factor alone."""
    for draws, most in ((40, 1.04), (MANY, 1)):
        draw, hits = np.repeat(np.arange(draws), 30), np.tile([1, 0, 0], 10 * draws)
        cluster, plain = share(hits, EVERY(30 * draws, bool), draw), share(hits, EVERY(30 * draws, bool))
        factor = t.ppf(0.975, draws - 1) / 1.96
        ratio = (cluster.high - cluster.low) / (plain.high - plain.low)
        assert factor - 1e-3 <= ratio <= factor * most + 1e-3


def test_an_event_that_no_draw_shows_may_still_cluster_where_nobody_looked():
    """0 of 300 in 30 draws: were the runs of a draw alike, this would say less than 0 of 300 independent ones."""
    none, label = np.zeros(300, bool), np.repeat(np.arange(30), 10)
    found = share(none, EVERY(300, bool), label)
    assert (found.est, found.low) == (0, 0)
    assert 2 * wilson(0, 300)[1] > found.high > 1.2 * wilson(0, 300)[1]
    turned = share(~none, EVERY(300, bool), label)
    assert turned == pytest.approx((1, 1 - found.high, 1), abs=1e-9)


def test_the_same_events_in_one_draw_tell_less_than_in_six():
    label = np.repeat(np.arange(30), 10)
    apart, together = np.zeros(300, bool), np.zeros(300, bool)
    apart[:60:10], together[:6] = True, True
    wide, narrow = (share(hits, EVERY(300, bool), label) for hits in (together, apart))
    assert wide.est == narrow.est == 0.02
    assert wide.high > 1.5 * narrow.high and wide.low < narrow.low


def test_the_correlation_of_a_beta_law_lies_below_its_upper_quantile_as_often_as_stated():
    rng = np.random.default_rng(3)
    for alike in (0.05, 0.3):
        total = 1 / alike - 1
        rates = rng.beta(0.4 * total, 0.6 * total, (200, 30))
        found = [correlation_quantile(rng.binomial(8, rate), np.full(30, 8), 0.8) for rate in rates]
        assert 0.7 <= np.mean(np.array(found) >= alike) <= 0.95


def test_limits_of_many_equal_trials_are_those_of_a_binomial():
    hits = np.random.default_rng(1).binomial(100, 0.3, 200)
    low, high = rate_limits(hits, np.full(200, 100))
    plain = wilson(hits.sum(), 20_000)
    assert high - low == pytest.approx(plain[1] - plain[0], rel=0.15)
    assert low < hits.sum() / 20_000 < high


def test_draws_that_agree_make_no_certainty():
    for draws in (2, 3, 5, 20, 200):
        for same in (0.1, 0.0, -3.0):
            assert mean_difference([same] * draws, np.arange(draws)) == (pytest.approx(same), None, None)
    assert mean_difference([0.0, 0.0, 0.0, 2.0], np.arange(4))[1:] == (
        None,
        None,
    )  # two values among four draws
    assert mean_difference([0.0, 0.0, 1.0, 2.0], np.arange(4)).low is not None


@pytest.mark.parametrize("draws", [2, 3, 4, 5])
@pytest.mark.parametrize("seeds", [1, 5])
def test_skewed_differences_of_a_few_draws_are_covered_where_an_interval_is_given(draws, seeds):
    """A third of all pairs differ, by an exponential amount: [0, 0] of draws that agreed covered 39 to 89 %."""
    rng, label = np.random.default_rng(20260404), np.repeat(np.arange(draws), seeds)
    covered = []
    for _ in range(600):
        steps = (rng.random(len(label)) < 0.3) * rng.exponential(1, len(label))
        found = mean_difference(steps, label)
        if found.low is not None:
            covered.append(found.low <= 0.3 <= found.high)
    assert np.mean(covered) >= 0.93


def test_members_shares_of_two_draws_seldom_look_like_a_harm_by_chance():
    """No effect, eight groups, shares of six members: an interval of no width for each tie called 61 % harmed."""
    chance = np.random.default_rng(20260101)
    wrong = 0
    for _ in range(200):
        steps = (chance.binomial(6, 0.3, (8, 2)) - chance.binomial(6, 0.3, (8, 2))) / 6
        found = [mean_difference(step, [0, 1], 1 - 0.05 / 8) for step in steps]
        wrong += any(one.low is not None and not one.low <= 0 <= one.high for one in found)
    assert wrong <= 20


def test_mean_difference_of_independent_pairs_is_students_and_of_a_few_wider():
    d = np.array([1.0, 2.5, -0.5, 3.0, 0.0, 1.2])
    for values, factor in ((d, 1), (d[:FEW], WIDER)):
        reach = factor * t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
        mean = values.mean()
        assert mean_difference(values) == pytest.approx((mean, mean - reach, mean + reach))


def test_clustered_intervals_cover_where_plain_ones_do_not():
    """20 draws of 30 seeds with real variation between draws, nominal 95 %, after causal.md 2.8."""
    rng = np.random.default_rng(11)
    draws, seeds, repeats = 20, 30, 300
    label, every = np.repeat(np.arange(draws), seeds), EVERY(draws * seeds, bool)
    covered = {"clustered": 0, "plain": 0, "difference": 0}
    big = rng.normal(0, 1, 200_000)
    truth, fall = (1 / (1 + np.exp(-big))).mean(), ((1 / (1 + np.exp(-big))) * 0.4).mean()
    for _ in range(repeats):
        rate = np.repeat(1 / (1 + np.exp(-rng.normal(0, 1, draws))), seeds)
        u = rng.random(draws * seeds)
        y0, y1 = u < rate, u < 0.6 * rate
        for name, found, target in (
            ("clustered", share(y0, every, label), truth),
            ("plain", share(y0, every), truth),
            ("difference", paired_difference(y0, y1, label), -fall),
        ):
            covered[name] += found.low <= target <= found.high
    assert covered["clustered"] / repeats > 0.90
    assert covered["difference"] / repeats > 0.90
    assert covered["plain"] / repeats < 0.80
