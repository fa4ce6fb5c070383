"""Our own cross-checks pass on true twins and fail on planted faults that row refuters cannot see."""

import json

import numpy as np
import pytest

from windtunnel.analysis.necessity import Table, paired_estimates
from windtunnel.analysis.refute import cells_by_draw, own_checks, quantity, sign_flip_placebo

DRAWS, SEEDS = 20, 25
DRAW = np.repeat(np.arange(DRAWS), SEEDS)


def arms(effect=-0.2, seed=3):
    rng = np.random.default_rng(seed)
    rate, u = np.repeat(rng.uniform(0.25, 0.75, DRAWS), SEEDS), rng.random(DRAWS * SEEDS)
    return u < rate, u < rate + effect


def check(found, name, of=None):
    [one] = [each for each in found if each["name"] == name and of in (None, each["of"])]
    return one


def test_true_twins_pass_every_check():
    found = own_checks(*arms(), DRAW, direction="preventive")
    assert [each["name"] for each in found if not each["passed"]] == []
    json.dumps(found, allow_nan=False)


def test_checks_repeat_with_their_seed():
    assert own_checks(*arms(), DRAW, direction="preventive") == own_checks(
        *arms(), DRAW, direction="preventive"
    )


def test_shuffled_twins_are_found_although_the_difference_is_unchanged():
    y0, y1 = arms()
    rng = np.random.default_rng(1)
    mixed = np.concatenate([rng.permutation(y1[draw == DRAW]) for draw in range(DRAWS)])
    found = own_checks(y0, mixed, DRAW, direction="preventive")
    assert check(found, "shuffled twins")["passed"] is False
    assert check(found, "draw bootstrap", "rd")["estimate"] == pytest.approx(y1.mean() - y0.mean())


def test_a_policy_that_does_nothing_is_not_told_apart_from_the_placebo():
    rng = np.random.default_rng(8)
    rate = np.repeat(rng.uniform(0.3, 0.7, DRAWS), SEEDS)
    y0, y1 = rng.random(DRAWS * SEEDS) < rate, rng.random(DRAWS * SEEDS) < rate
    assert check(own_checks(y0, y1, DRAW, direction="preventive"), "sign-flip placebo")["passed"] is False


def test_the_sign_flip_is_exact_over_all_coins():
    y0, y1 = np.array([1, 1, 1, 1, 0, 0, 1]), np.array([0, 0, 0, 0, 1, 0, 1])
    seen = abs(int(y1.sum() - y0.sum()))
    differ = (y1 - y0)[y1 != y0]
    coins = (np.arange(2 ** len(differ))[:, None] >> np.arange(len(differ))) & 1
    as_large = np.mean(abs((np.where(coins, 1, -1) * differ).sum(1)) >= seen)
    assert sign_flip_placebo(Table(1, 1, 4, 1))["p_value"] == pytest.approx(as_large)
    assert sign_flip_placebo(Table(40, 10, 10, 40))["p_value"] == pytest.approx(
        1
    )  # D22: no difference, yet PN = .2


def test_the_draw_bootstrap_is_as_wide_as_the_clustered_interval():
    y0, y1 = arms()
    found = check(own_checks(y0, y1, DRAW, direction="preventive"), "draw bootstrap", "ps")
    ours = paired_estimates(y0, y1, direction="preventive", draw=DRAW).ps
    assert (found["high"] - found["low"]) / (ours.high - ours.low) == pytest.approx(0.9, abs=0.2)


def test_one_draw_cannot_be_bootstrapped_and_constant_arms_cannot_be_shuffled():
    found = own_checks(np.zeros(9, bool), np.zeros(9, bool), np.zeros(9), direction="preventive")
    assert check(found, "draw bootstrap", "rd")["passed"] is None
    assert check(found, "shuffled twins")["passed"] is None
    assert check(found, "whole-pair subset", "ps")["passed"] is None


@pytest.mark.parametrize("direction", ["preventive", "generative"])
def test_quantities_from_counts_are_those_of_the_paired_table(direction):
    y0, y1 = arms()
    cells = cells_by_draw(y0, y1, DRAW).sum(0)
    found = paired_estimates(y0, y1, direction=direction)
    for name in ("rd", "pn", "ps", "pns", "backfire", "pn_backfire", "ps_backfire"):
        assert quantity(cells, name, direction) == pytest.approx(getattr(found, name).est)
