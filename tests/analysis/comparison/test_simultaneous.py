"""Simultaneous intervals: the level follows how alike the comparisons are, and Holm's steps stand in for few draws."""

import numpy as np
import pytest

from windtunnel.analysis.comparison.simultaneous import by_draw, family, strength, told_apart
from windtunnel.analysis.intervals import Estimate
from windtunnel.sim import noise


def columns(draws, comparisons, purpose="column"):
    ids = np.arange(draws * comparisons)
    return noise.gumbel(7, purpose, 0, ids, 1)[:, 0].reshape(draws, comparisons)


def test_one_comparison_keeps_the_stated_level():
    found = family(columns(12, 1), np.ones((12, 1)), 0.9)
    assert found == ("single", 0.9, 1, 12)


def test_the_same_comparison_twenty_times_costs_less_than_twenty_different_ones():
    one, ones = columns(20, 1), np.ones((20, 20))
    copies = family(np.repeat(one, 20, axis=1), ones, 0.95)
    different = family(columns(20, 20), ones, 0.95)
    assert copies.method == different.method == "max-t"
    assert 0.95 <= copies.level < 0.97  # as one comparison, by its own sign flips
    assert copies.level < different.level <= 1 - 0.05 / 20


def test_the_level_of_independent_comparisons_is_near_sidaks():
    found = family(columns(60, 10), np.ones((60, 10)), 0.95)
    assert found.level == pytest.approx(0.95 ** (1 / 10), abs=0.0025)


def test_the_level_does_not_depend_on_scale_or_shift_of_a_comparison():
    top, bottom = columns(16, 3), np.full((16, 3), 4.0)
    there = top * [1, 100, -0.01] + [0, 5, 0]
    assert family(there, bottom, 0.95).level == pytest.approx(family(top, bottom, 0.95).level, abs=1e-9)


def test_too_few_draws_for_flips_fall_back_on_holm_at_bonferronis_level():
    assert family(columns(7, 4), np.ones((7, 4)), 0.95) == ("holm", 1 - 0.05 / 4, 4, 7)
    assert family(columns(8, 4), np.ones((8, 4)), 0.95).method == "max-t"


def test_holm_steps_down_and_stops_at_the_first_that_does_not_differ():
    """Three comparisons whose intervals exclude zero up to these levels: .99, .98, .90 (needed: .9833, .975, .95)."""
    reach = [0.99, 0.98, 0.90]
    found = family(columns(5, 3), np.ones((5, 3)), 0.95)

    def interval(k, level):
        return Estimate(1.0, 1.0 if level <= reach[k] else -1.0, 2.0)

    assert told_apart(found, [3, 2, 1], interval, 0.95) == [True, True, False]
    reach[0] = 0.98  # the strongest fails its stricter level, so nothing after it is looked at
    assert told_apart(found, [3, 2, 1], interval, 0.95) == [False, False, False]


def test_strength_is_students_t_over_draws():
    top = np.array([[1.0], [2.0], [3.0], [6.0]])
    values = top[:, 0]
    t = values.mean() / (values.std(ddof=1) / 2)
    assert strength(top, np.ones((4, 1)))[0] == pytest.approx(t)
    assert strength(np.zeros((4, 1)), np.ones((4, 1)))[0] == 0


def test_sums_by_draw_leave_a_missing_draw_empty():
    sums, counts = by_draw([(np.array([0, 0, 2]), np.array([1, 2, 4])), (np.array([1]), np.array([5]))])
    assert sums.tolist() == [[3, 0], [0, 5], [4, 0]]
    assert counts.tolist() == [[2, 0], [0, 1], [1, 0]]


def test_without_any_variation_nothing_is_told_apart_by_infinite_strength():
    found = family(np.zeros((10, 2)), np.ones((10, 2)), 0.95)
    assert 0.95 <= found.level <= 0.975
