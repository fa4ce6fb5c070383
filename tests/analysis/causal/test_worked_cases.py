"""Published worked cases of PN, PS and PNS, asserted as exact fractions (printed digits are often wrong).

Left out, because the code has no such function: D14 (transport of PS between populations), D17 (E-value of an
observational study) and D18 (OCBA, allocation of runs). The intervals of D15 and D16 stand in
test_intervals.py; D19 is a property of the noise and is tested with it (tests/sim).
"""

from fractions import Fraction as F
from math import exp, factorial

import pytest

from windtunnel.analysis.causal.necessity import (
    benefit_bounds,
    combined_bounds,
    coupling_free,
    experimental_bounds,
    monotone_estimates,
    paired_estimates,
)

DRUG = [[F(972, 2000), F(28, 2000)], [F(998, 2000), F(2, 2000)]]
FEMALES = [[F(180, 2000), F(420, 2000)], [F(1022, 2000), F(378, 2000)]]


def test_d1_drug_that_certainly_killed_those_who_took_it_and_died():
    bounds = combined_bounds(F(16, 1000), F(14, 1000), DRUG)
    assert bounds == ((1, 1), (F(1, 486), F(5, 162)), (F(1, 500), F(2, 125)))
    assert monotone_estimates(F(16, 1000), F(14, 1000), DRUG) == (1, F(1, 486), F(1, 500))
    assert monotone_estimates(F(16, 1000), F(14, 1000)).pn == F(1, 8)  # experimental excess risk ratio


def test_d1_in_floats_keeps_the_lower_bound_below_the_upper():
    bounds = combined_bounds(0.016, 0.014, [[0.486, 0.014], [0.499, 0.001]])
    assert bounds.pn == pytest.approx((1, 1))
    assert bounds.pn[0] <= bounds.pn[1] <= 1


def test_d2_leukaemia_from_radiation():
    pn, ps, pns = monotone_estimates(F(30, 69160), F(16, 59026))
    assert pn == F(33211, 88539)
    assert float(pns) == pytest.approx(0.000162709762, abs=1e-12)
    assert float(ps) == pytest.approx(0.000162753879, abs=1e-12)


def test_d3_betting_pairs_see_what_rates_cannot():
    bounds = experimental_bounds(F(1, 2), F(1, 2))
    assert bounds.pns == (0, F(1, 2)) and bounds.pn == (0, 1)
    u = [0, 1] * 50  # Y = (X and U) or (not X and not U)
    found = paired_estimates([1 - each for each in u], u, direction="generative")
    assert (found.pn.est, found.ps.est, found.pns.est) == (1, 1, 0.5)


def test_d4_firing_squad_is_settled_by_both_kinds_of_data():
    bounds = combined_bounds(1, F(1, 2), [[F(1, 2), 0], [0, F(1, 2)]])
    assert bounds == ((0, 0), (1, 1), (F(1, 2), F(1, 2)))


def test_d5_females_all_who_gain_are_known():
    bounds = combined_bounds(F(489, 1000), F(210, 1000), FEMALES)
    assert bounds == ((1, 1), (1, 1), (F(279, 1000), F(279, 1000)))
    assert bounds.pns[1] - (F(489, 1000) - F(210, 1000)) == 0  # nobody harmed


def test_d6_aspirin():
    assert experimental_bounds(F(30, 100), F(12, 100)) == (
        (F(3, 5), 1),
        (F(9, 44), F(15, 44)),
        (F(9, 50), F(3, 10)),
    )


def test_d7_churn_payoff_of_the_first_group():
    payoff = {"complier": 100, "always": -60, "never": 0, "defier": -140}
    low, high = benefit_bounds(F(262, 350), F(175, 350), **payoff)
    assert (low, high) == (F(-36, 7), F(-4, 35))
    assert (low + high) / 2 == F(-92, 35)
    mix = F(30, 100) * 100 + F(45, 100) * -60 + F(5, 100) * -140
    assert mix == -4 and low < mix < high


def test_d7_gain_equality_makes_the_payoff_a_point():
    low, high = benefit_bounds(F(3, 4), F(1, 2), complier=3, always=2, never=0, defier=-1)
    assert low == high == (3 - 0) * F(3, 4) + (2 - 3) * F(1, 2) + 0


def test_d8_vaccine_by_age():
    old, young = experimental_bounds(F(57, 100), F(37, 100)), experimental_bounds(F(55, 100), F(45, 100))
    assert old == ((F(20, 57), 1), (F(20, 63), F(57, 63)), (F(1, 5), F(57, 100)))
    assert young.pns == (F(1, 10), F(11, 20)) and young.pn == (F(2, 11), 1)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (lambda x, z, u: x and u >= 1, (1, 1 - exp(-2), 1 - exp(-2))),  # D9: e^z u >= 1 just if u >= 1
        (lambda x, z, u: 2 * x - z + u >= 1, (3 * exp(-2), 1, 3 * exp(-2))),  # D10: z in (0, 1)
    ],
)
def test_d9_d10_structural_models_summed_over_their_noise(outcome, expected):
    weights = {u: exp(-2) * 2**u / factorial(u) for u in range(60)}
    cell = {
        (a, b): sum(w for u, w in weights.items() if (outcome(0, 0.5, u), outcome(1, 0.5, u)) == (a, b))
        for a in (False, True)
        for b in (False, True)
    }
    p1, p0 = cell[0, 1] + cell[1, 1], cell[1, 0] + cell[1, 1]
    found = monotone_estimates(p1, p0)  # the outcome never falls with x in either model
    if outcome(1, 0.5, 0):  # D10: with x the outcome is certain, so PS = 1 and PN = 1 - p0
        assert p1 == pytest.approx(1)
    assert found.pns == pytest.approx(expected[2])
    assert found.pn == pytest.approx(expected[0])
    assert found.ps == pytest.approx(expected[1])


def test_d11_confounded_back_door():
    joint = [[F(41, 100), F(9, 100)], [F(23, 100), F(27, 100)]]
    assert combined_bounds(F(45, 100), F(30, 100), joint) == (
        (F(2, 9), 1),
        (F(9, 41), F(18, 41)),
        (F(15, 100), F(45, 100)),
    )
    assert monotone_estimates(F(45, 100), F(30, 100), joint) == (F(2, 9), F(9, 41), F(15, 100))


def test_d12_simple_exogenous():
    assert monotone_estimates(F(2, 10), F(1, 10)) == (F(1, 2), F(1, 9), F(1, 10))


def test_d13_heatwave():
    assert monotone_estimates(F(1, 125), F(1, 1250)) == (F(9, 10), F(9, 1249), F(9, 1250))
    assert experimental_bounds(F(1, 125), F(1, 1250)).pn == (F(9, 10), 1)


def test_d20_the_coupling_moves_pn_and_ps_inside_the_same_bounds():
    p1, p0 = F(26, 100), F(441, 1000)
    bounds = coupling_free(p1, p0, "preventive")
    averted = {"monotone": p0 - p1, "independent": p0 * (1 - p1), "antithetic": p0}
    expected = {
        "monotone": (F(181, 740), F(181, 441), 0),
        "independent": (p0, F(74, 100), p1 * (1 - p0)),
        "antithetic": (F(441, 740), 1, F(26, 100)),
    }
    for coupling, pns in averted.items():
        pn, ps, backfire = pns / (1 - p1), pns / p0, pns - (p0 - p1)
        assert (pn, ps, backfire) == expected[coupling]
        for name, value in (("pn", pn), ("ps", ps), ("pns", pns), ("backfire", backfire)):
            assert bounds[name][0] <= value <= bounds[name][1]
    assert monotone_estimates(p1, p0, direction="preventive") == (F(181, 740), F(181, 441), F(181, 1000))


def test_d21_an_experiment_that_the_observed_law_forbids_is_refused():
    with pytest.raises(ValueError, match="p1=49/100 should lie in"):
        combined_bounds(F(490, 1000), F(210, 1000), FEMALES)
    combined_bounds(0.489, 0.21, [[float(p) for p in row] for row in FEMALES])  # rounding is forgiven


def test_d22_no_average_effect_does_not_mean_no_necessity():
    y0, y1 = [0] * 40 + [1] * 10 + [0] * 10 + [1] * 40, [0] * 40 + [0] * 10 + [1] * 10 + [1] * 40
    found = paired_estimates(y0, y1, direction="generative")
    assert found.table == (40, 10, 10, 40)
    assert (found.rd.est, found.pn.est, found.ps.est, found.pns.est, found.backfire.est) == (
        0,
        0.2,
        0.2,
        0.1,
        0.1,
    )
