"""The arithmetic of calibrated choice: each fit recovers what was planted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from windtunnel.agents.minds.calibration import (
    Measured,
    averages,
    contrast,
    fit_alpha,
    fit_beta,
    is_flat,
    over_orders,
    read_published,
)

SHARES = st.lists(st.floats(0.05, 1), min_size=4, max_size=4)


@settings(max_examples=40)
@given(SHARES, st.lists(st.lists(st.floats(-3, 3), min_size=4, max_size=4), min_size=1, max_size=6))
def test_with_the_fitted_alpha_the_typical_situations_average_to_the_base_rates(weights, pull):
    rates, share = np.array(weights) / sum(weights), np.full(len(pull), 1 / len(pull))
    alpha = fit_alpha(np.array(pull), share, rates)
    assert np.allclose(averages(alpha + np.array(pull), share), rates, atol=1e-8)


def test_without_any_pull_alpha_is_the_log_base_rates_and_with_one_it_is_not():
    rates, share = np.array([0.7, 0.2, 0.1]), np.array([0.5, 0.5])
    assert np.allclose(np.exp(fit_alpha(np.zeros((2, 3)), share, rates)), rates)
    pulled = fit_alpha(np.array([[0, 0, 0], [0, 0, 2.0]]), share, rates)
    assert np.exp(pulled)[2] < 0.05  # else the second situation would lift it above .1


def test_beta_is_the_planted_slope_and_its_error_is_that_of_weighted_least_squares():
    model, se = np.array([0.2, -0.5, 1.0]), np.array([0.1, 0.2, 0.5])
    found = fit_beta(model, 1.7 * model, se)
    assert found.fitted == pytest.approx(1.7) == found.value
    by_hand = 1 / np.sqrt((0.2 / 0.1) ** 2 + (0.5 / 0.2) ** 2 + (1 / 0.5) ** 2)
    assert found.se == pytest.approx(by_hand)
    import statsmodels.api as sm

    noisy = 1.7 * model + [0.1, -0.1, 0.2]
    fitted = sm.WLS(noisy, model[:, None], weights=1 / se**2).fit()
    assert fit_beta(model, noisy, se).fitted == pytest.approx(fitted.params[0])


def test_a_model_that_moves_the_wrong_way_or_not_at_all_gets_beta_0():
    wrong = fit_beta(np.array([0.4]), np.array([-0.4]), np.array([0.1]))
    assert (wrong.value, wrong.fitted) == (0, pytest.approx(-1))
    assert fit_beta(np.zeros(2), np.ones(2), np.ones(2)) == (0, None, None)
    assert fit_beta(np.array([]), np.array([]), np.array([])) == (0, None, None)


def test_a_contrast_of_groups_weighs_by_base_rates_and_forgets_the_normaliser():
    shifts, rates = np.array([0.0, 0.3, 0.6, 0.2]), np.array([0.4, 0.3, 0.1, 0.2])
    expected = (0.3 * 0.3 + 0.1 * 0.6) / 0.4 - 0.2
    assert contrast(shifts, rates, [1, 2], [3]) == pytest.approx(expected)
    assert contrast(shifts - 5, rates, [1, 2], [3]) == pytest.approx(expected)


def test_a_contrast_is_the_change_of_the_choice_model_s_own_odds_where_a_group_shifts_alike():
    rates, shifts = np.array([0.6, 0.2, 0.1, 0.1]), np.array([0.0, 0.1, 0.8, 0.8])
    odds = lambda logits: np.log(np.exp(logits[[2, 3]]).sum() / np.exp(logits[1]))  # noqa: E731
    change = odds(np.log(rates) + 0.5 * shifts) - odds(np.log(rates))
    assert change == pytest.approx(0.5 * contrast(shifts, rates, [2, 3], [1]))


def test_the_standard_error_over_orders_is_that_of_a_mean():
    assert over_orders(np.array([1.0, 2.0, 3.0])) == (2, pytest.approx(1 / np.sqrt(3)))
    assert np.isnan(over_orders(np.array([1.0])).se)


def test_pure_chance_gives_a_flat_card_in_at_least_95_of_100_and_a_real_shift_never_does():
    rng = np.random.default_rng(5)
    flat = [is_flat([over_orders(row) for row in rng.normal(size=(40, 11))], 11) for _ in range(300)]
    assert np.mean(flat) > 0.95 - 3 * np.sqrt(0.05 * 0.95 / 300)
    assert not is_flat([Measured(0.0, 0.1)] * 39 + [Measured(0.8, 0.1)], 11)
    assert is_flat([Measured(0.0, 0.0), Measured(1e-12, 0.0)], 11)


def test_two_orders_are_too_few_for_a_card():
    with pytest.raises(ValueError, match="at least 3"):
        is_flat([Measured(1.0, 0.1)], 2)


@pytest.mark.parametrize("change, told", [({"se": 0}, "se > 0"), ({"extra": 1}, "needs")])
def test_a_published_row_that_cannot_be_used_is_refused(change, told):
    row = dict(feature="tone", value=2, up=["b"], down=["a"], shift=0.5, se=0.1, case="X", source="by hand")
    with pytest.raises(ValueError, match=told):
        read_published([row | change])
