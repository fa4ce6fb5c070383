"""Properties that PN, PS and PNS must have for any rates, tables and models."""

from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from windtunnel.analysis.causal.necessity import (
    QUANTITIES,
    bound_intervals,
    combined_bounds,
    coupling_free,
    experimental_bounds,
    monotone_estimates,
    opposite,
    paired_estimates,
)

quick = settings(max_examples=60)
direction = st.sampled_from(["generative", "preventive"])
counts = st.lists(st.integers(0, 30), min_size=4, max_size=4).filter(any)
# P(x, response type): never, defier, complier, always, for x = 0 and x = 1
model = st.lists(st.integers(0, 20), min_size=8, max_size=8).filter(any)


def arms(table):
    n00, n01, n10, n11 = table
    return [0] * (n00 + n01) + [1] * (n10 + n11), [0] * n00 + [1] * n01 + [0] * n10 + [1] * n11


def truth(weights):
    """p1, p0, joint law and the true PN, PS, PNS of a confounded model, exactly."""
    q = [[F(w, sum(weights)) for w in weights[:4]], [F(w, sum(weights)) for w in weights[4:]]]
    never, defier, complier, always = (q[0][k] + q[1][k] for k in range(4))
    joint = [[q[0][0] + q[0][2], q[0][1] + q[0][3]], [q[1][0] + q[1][1], q[1][2] + q[1][3]]]
    pn = q[1][2] / joint[1][1] if joint[1][1] else None
    ps = q[0][2] / joint[0][0] if joint[0][0] else None
    return complier + always, defier + always, joint, pn, ps, complier


@quick
@given(counts, direction)
def test_paired_estimates_lie_inside_the_bounds_of_their_own_rates(table, way):
    found = paired_estimates(*arms(table), direction=way)
    n = sum(table)
    bounds = coupling_free(F(table[1] + table[3], n), F(table[2] + table[3], n), way)
    for name in QUANTITIES:
        number = getattr(found, name)
        if bounds[name] is None:
            assert number == (None, None, None)
        else:
            assert bounds[name][0] - 1e-12 <= number.est <= bounds[name][1] + 1e-12
            assert number.low <= number.est <= number.high


@quick
@given(counts, direction)
def test_flipping_the_outcome_is_the_same_as_flipping_the_direction(table, way):
    y0, y1 = (np.array(y) for y in arms(table))
    one = paired_estimates(y0, y1, direction=way)
    other = paired_estimates(1 - y0, 1 - y1, direction=opposite(way))
    assert one[4:] == other[4:]


@quick
@given(counts)
def test_backfire_is_what_the_other_direction_counts(table):
    y0, y1 = arms(table)
    one, other = (paired_estimates(y0, y1, direction=way) for way in ("preventive", "generative"))
    assert (one.backfire, one.pn_backfire, one.ps_backfire) == (other.pns, other.pn, other.ps)
    assert one.pns.est - one.backfire.est == pytest.approx(-one.rd.est)


@quick
@given(model)
def test_bounds_hold_the_truth_of_any_confounded_model(weights):
    p1, p0, joint, pn, ps, pns = truth(weights)
    bounds = combined_bounds(p1, p0, joint)
    for value, bound in ((pn, bounds.pn), (ps, bounds.ps), (pns, bounds.pns)):
        assert (value is None) == (bound is None)
        assert value is None or bound[0] <= value <= bound[1]
    assert pns == joint[1][1] * (pn or 0) + joint[0][0] * (ps or 0)
    tight, loose = bounds.pns, experimental_bounds(p1, p0).pns
    assert loose[0] <= tight[0] <= tight[1] <= loose[1]


@quick
@given(model)
def test_the_preventive_bounds_are_those_of_the_complement(weights):
    p1, p0, joint, *_ = truth(weights)
    flipped = [row[::-1] for row in joint]
    assert combined_bounds(p1, p0, joint, direction="preventive") == combined_bounds(1 - p1, 1 - p0, flipped)


@quick
@given(model)
def test_closed_forms_are_exact_without_defiers_and_lower_bounds_always(weights):
    weights = weights.copy()
    weights[1] = weights[5] = 0
    assume(any(weights))
    p1, p0, joint, pn, ps, pns = truth(weights)
    assert monotone_estimates(p1, p0, joint) == (pn, ps, pns)
    point, bounds = monotone_estimates(p1, p0), experimental_bounds(p1, p0)
    assert bounds.pns[0] == point.pns
    assert point.pn is None or bounds.pn[0] == point.pn
    assert point.ps is None or bounds.ps[0] == point.ps


@settings(max_examples=25)
@given(model)
def test_a_linear_program_over_response_types_finds_the_same_bounds(weights):
    p1, p0, joint, *_ = truth(weights)
    types = [(0, 0), (1, 0), (0, 1), (1, 1)]  # (Y0, Y1): never, defier, complier, always
    cells = [(x, kind) for x in (0, 1) for kind in types]
    rows = [[kind[1] for _, kind in cells], [kind[0] for _, kind in cells]]
    rows += [[float(x == a and kind[x] == b) for x, kind in cells] for a in (0, 1) for b in (0, 1)]
    right = [p1, p0, *joint[0], *joint[1]]
    bounds = combined_bounds(p1, p0, joint)
    for bound, given_cell, goal in (
        (bounds.pns, F(1), [kind == (0, 1) for _, kind in cells]),
        (bounds.pn, joint[1][1], [x == 1 and kind == (0, 1) for x, kind in cells]),
        (bounds.ps, joint[0][0], [x == 0 and kind == (0, 1) for x, kind in cells]),
    ):
        if bound is None:
            continue
        goal = np.array(goal, float)
        ends = [
            sign * linprog(sign * goal, A_eq=rows, b_eq=[float(r) for r in right], bounds=(0, 1)).fun
            for sign in (1, -1)
        ]
        assert [float(end * given_cell) for end in bound] == pytest.approx(ends, abs=1e-7)


@quick
@given(counts, st.integers(1, 5), st.integers(0, 5))
def test_an_independent_inhibitor_leaves_pn_and_an_independent_cause_leaves_ps(table, yes, no):
    y0, y1 = (np.array(y) for y in arms(table))
    coin = np.array([1] * yes + [0] * no)  # every pair meets every side of the coin: independent of (Y0, Y1)
    plain = paired_estimates(y0, y1, direction="generative")
    inhibited = paired_estimates(*(np.outer(y, coin).ravel() for y in (y0, y1)), direction="generative")
    helped = paired_estimates(
        *((1 - np.outer(1 - y, coin)).ravel() for y in (y0, y1)), direction="generative"
    )
    assert inhibited.pn.est == pytest.approx(plain.pn.est)  # Pearl (2009), lemma 9.2.7
    assert helped.ps.est == pytest.approx(plain.ps.est)  # lemma 9.2.8


@quick
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 10), st.integers(0, 10)), min_size=1, max_size=4))
def test_bounds_averaged_over_strata_are_never_wider(strata):
    total = sum(size for size, _, _ in strata)
    p1, p0 = (sum(F(s[0], total) * F(s[k], 10) for s in strata) for k in (1, 2))
    each = [(F(size, total), experimental_bounds(F(a, 10), F(b, 10)).pns) for size, a, b in strata]
    low, high = (sum(share * bound[end] for share, bound in each) for end in (0, 1))
    pooled = experimental_bounds(p1, p0).pns
    assert pooled[0] <= low <= high <= pooled[1]


@quick
@given(counts, direction)
def test_bound_intervals_hold_the_bounds_of_every_rate_inside(table, way):
    found = paired_estimates(*arms(table), direction=way)
    outer = bound_intervals(found.p1, found.p0, way)
    rng = np.random.default_rng(sum(table))
    for _ in range(5):
        inside = coupling_free(rng.uniform(*found.p1[1:]), rng.uniform(*found.p0[1:]), way)
        for name in QUANTITIES:
            if inside[name]:
                assert outer[name][0] - 1e-9 <= inside[name][0] <= inside[name][1] <= outer[name][1] + 1e-9


def test_identical_arms_need_and_suffice_for_nothing():
    found = paired_estimates([0, 1, 1, 0], [0, 1, 1, 0], direction="preventive")
    assert (found.pn.est, found.ps.est, found.pns.est, found.backfire.est) == (0, 0, 0, 0)


def test_what_never_happened_is_undefined_and_not_zero():
    found = paired_estimates([0, 0, 0], [0, 0, 0], direction="preventive")
    assert found.ps == (None, None, None) and found.pn_backfire == (None, None, None)
    assert found.pn.est == 0 and found.pns.est == 0
    assert experimental_bounds(0, F(1, 2)).pn is None and experimental_bounds(F(1, 2), 1).ps is None
    assert monotone_estimates(0, 0).pn is None


@pytest.mark.parametrize("way", ["harm", "", None])
def test_a_direction_is_never_guessed(way):
    with pytest.raises(ValueError, match="direction is .*preventive.*generative"):
        paired_estimates([0], [1], direction=way)
    with pytest.raises(TypeError):
        paired_estimates([0], [1])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: experimental_bounds(1.2, 0.1), "p1 is 1.2"),
        (lambda: experimental_bounds(0.2, float("nan")), "p0 is nan"),
        (lambda: combined_bounds(0.5, 0.5, [[1, 2], [3, 4]]), "sum to 10"),
        (lambda: monotone_estimates(F(1, 4), F(1, 2)), "contradicts monotonicity"),
        (
            lambda: monotone_estimates(F(1, 2), F(1, 4), [[F(1, 10), F(4, 10)], [F(1, 4), F(1, 4)]]),
            "contradict",
        ),
        (lambda: paired_estimates([0, 2], [1, 1], direction="generative"), "y0 holds 2"),
        (lambda: paired_estimates([0, 1], [1], direction="generative"), "y0 has 2 runs, y1 1"),
        (lambda: paired_estimates([0], [1], direction="generative", confidence=95), "confidence is 95"),
    ],
)
def test_an_impossible_input_is_refused_in_one_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()
