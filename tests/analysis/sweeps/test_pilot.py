"""Sizes of a real test: against statsmodels, against trials played through, and what the command tells."""

import numpy as np
import polars as pl
import pytest
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.proportion import power_proportions_2indep

from windtunnel.analysis.cli import main
from windtunnel.analysis.commands.pilot import _print
from windtunnel.analysis.commands.run import one_cell
from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.sweeps.pilot import alike, design_effect, pilot, power_of, prudent, units_needed

MANIFEST = {
    "outcome": {"name": "escalation", "polarity": "harm", "threshold": 2.0, "unit": "hostile replies"},
    "config": {"steps": 24, "community": {"step_hours": 1, "size": 60, "profile": {"name": "tiny"}}},
}


def pairs_of(rates, seeds, rng):
    """Pairs whose baseline happens at each draw's own rate; the policy halves it."""
    draw = np.repeat(np.arange(len(rates)), seeds)
    luck = rng.random(len(draw))
    y0, y1 = luck < rates[draw], luck < rates[draw] / 2
    table = {"draw": draw, "seed": np.tile(np.arange(seeds), len(rates)), "y_baseline": y0, "y_policy": y1}
    return pl.DataFrame(table).with_columns(pl.col("y_baseline", "y_policy").cast(pl.Int8))


def planned(**options):
    rng = np.random.default_rng(2)
    pairs = pairs_of(rng.beta(2, 3, 200), 5, rng)
    return pilot(pairs, MANIFEST, {"rd": {"est": -0.2}, "variance_ratio": 3.0}, **options)


@pytest.mark.parametrize("effect", [0.05, 0.1, 0.3])
@pytest.mark.parametrize("power", [0.8, 0.95])
def test_sizes_are_those_of_statsmodels(effect, power):
    n = units_needed(effect, 0.21, power=power, alpha=0.05)
    exact = TTestIndPower().solve_power(effect / np.sqrt(0.21), power=power, alpha=0.05)
    assert n == np.ceil(exact)
    assert power_of(n, effect, 0.21, 0.05) >= power > power_of(n - 1, effect, 0.21, 0.05)


def test_one_observation_a_community_is_the_test_of_two_proportions():
    found = planned(per_community=1)
    n = found["recommended"]["units_an_arm"]
    told = power_proportions_2indep(-0.05, found["p0"], n, alpha=0.05)
    assert told.power == pytest.approx(0.8, abs=0.005)


def test_the_variance_within_and_between_is_that_of_a_table_by_hand():
    """Draws (1,1), (0,0), (1,0): among = 1/2, inside = .5/3 = 1/6, so rho = (1/2 - 1/6)/(1/2 + 1/6) = 1/2."""
    found = alike([1, 1, 0, 0, 1, 0], [0, 0, 1, 1, 2, 2])
    assert found.icc == pytest.approx(0.5)
    assert (found.between, found.within) == pytest.approx((1 / 6, 1 / 6))
    assert found.low <= 0.5 <= found.high


def test_draws_that_do_not_differ_have_no_correlation_and_equal_seeds_have_all():
    assert alike([1, 0, 1, 0], [0, 0, 1, 1]).icc == 0
    assert alike([1, 1, 0, 0], [0, 0, 1, 1]).icc == 1
    assert alike([0, 0, 0, 0], [0, 0, 1, 1]).icc == 0


def test_from_one_draw_or_one_seed_each_nothing_is_learnt():
    assert alike([1, 0, 1], [0, 0, 0]) is None
    assert alike([1, 0, 1], [0, 1, 2]) is None


def test_the_correlation_of_a_beta_law_is_found_and_its_interval_holds_it():
    """Rates Beta(a, b) give rho = 1 / (a + b + 1); 95 % intervals over 300 repetitions, normal theory on 0/1 data."""
    rng = np.random.default_rng(4)
    draw = np.repeat(np.arange(60), 6)
    found = [alike(rng.random(360) < rng.beta(2, 3, 60)[draw], draw) for _ in range(300)]
    assert np.mean([one.icc for one in found]) == pytest.approx(1 / 6, abs=0.01)
    assert np.mean([one.low <= 1 / 6 <= one.high for one in found]) > 0.9


def test_trials_of_whole_communities_played_through_have_the_power_asked_for():
    """2,000 trials with rates that vary between communities as the pairs say; three standard errors are 2.7 points."""
    found = planned(per_community=8, smallest_effect=0.1)
    size = found["recommended"]["units_an_arm"]
    rho, rng = found["alike"]["icc"], np.random.default_rng(7)
    total = 1 / rho - 1
    arms = []
    for p in (found["p0"], found["p1_at_smallest_effect"]):
        rates = rng.beta(p * total, (1 - p) * total, (2000, size))
        arms.append(rng.binomial(8, rates) / 8)
    from scipy.stats import ttest_ind

    found_it = (ttest_ind(*arms, axis=1).pvalue < 0.05).mean()
    assert 0.77 < found_it < 0.92  # planned for more than the rates' own variation: see the next test


def test_four_plans_in_five_have_their_power_and_few_are_much_too_large():
    """From 20 draws x 5 seeds; sized by the point estimate of the correlation, every second plan fell short."""
    rng, rho, rate = np.random.default_rng(8), 0.1, 0.4
    options = {"smallest_effect": 0.1, "per_community": 10}
    spread = (rate * (1 - rate) + (rate - 0.1) * (1.1 - rate)) / 2
    asked = units_needed(0.1, spread * design_effect(rho, 10) / 10, power=0.8, alpha=0.05)
    ours, point = [], []
    for _ in range(150):
        pairs = pairs_of(rng.beta(9 * rate, 9 * (1 - rate), 20), 5, rng)
        plan_ = pilot(pairs, MANIFEST, {}, **options)["recommended"]
        ours.append(plan_["units_an_arm"] / asked)
        point.append(plan_["units_at_the_point_icc"] / asked)
    assert np.mean(np.array(ours) >= 1) >= 0.8 - 2 * (0.8 * 0.2 / 150) ** 0.5
    assert np.median(ours) <= 1.6
    assert np.mean(np.array(point) >= 1) < 0.65


def test_whole_communities_need_more_and_threads_within_them_less():
    found = planned()
    single, whole, within = found["designs"]
    rng = np.random.default_rng(2)
    pairs = pairs_of(rng.beta(2, 3, 200), 5, rng)
    low, high = prudent(pairs["y_baseline"], pairs["draw"])
    assert low < found["alike"]["icc"] < high == whole["icc"]
    assert design_effect(high, 10) == whole["design_effect"] > 1 > within["design_effect"] == 1 - low
    assert within["observations_an_arm"] < single["observations_an_arm"] < whole["observations_an_arm"]
    assert whole["units_at_the_upper_icc"] >= whole["units_an_arm"] > whole["units_at_the_point_icc"]
    assert found["recommended"] == whole


def test_more_power_a_smaller_effect_or_a_smaller_error_need_more():
    base = planned()["recommended"]["units_an_arm"]
    for harder in ({"power": 0.95}, {"smallest_effect": 0.03}, {"alpha": 0.01}):
        assert planned(**harder)["recommended"]["units_an_arm"] > base


def test_the_chance_of_finding_what_was_simulated_is_told():
    told = planned()["if_as_simulated"]
    assert told["effect"] == pytest.approx(-0.2)  # as in estimates.json and in `compare`
    assert told["power"] > 0.99


@pytest.mark.parametrize(
    ("polarity", "rd", "wrong", "against"),
    [
        ("harm", (-0.2, -0.3, -0.1), False, False),
        ("harm", (0.2, -0.1, 0.5), True, False),
        ("harm", (0.2, 0.1, 0.3), True, True),
        ("harm", (0.2, None, None), True, False),
        ("good", (0.2, 0.1, 0.3), False, False),
        ("good", (-0.2, -0.3, -0.1), True, True),
    ],
)
def test_a_policy_that_harms_in_the_simulation_is_told_plainly(polarity, rd, wrong, against, capsys):
    rng = np.random.default_rng(2)
    manifest = MANIFEST | {"outcome": MANIFEST["outcome"] | {"polarity": polarity}}
    estimates = {"rd": dict(zip(("est", "low", "high"), rd, strict=True))}
    found = pilot(pairs_of(rng.beta(2, 3, 50), 4, rng), manifest, estimates)
    told = found["if_as_simulated"]
    assert (told["wrong_direction"], told["against"]) == (wrong, against)
    _print(found)
    said = capsys.readouterr().out
    assert ("Wrong direction" in said, "speaks against this policy" in said) == (wrong, against)
    assert f"net change {rd[0]:+.3f}" in said and "By construction" not in said


def test_an_outcome_that_the_policy_forces_is_told(capsys):
    rng = np.random.default_rng(2)
    estimates = {"rd": {"est": -0.2}, "by_construction": True}
    _print(pilot(pairs_of(rng.beta(2, 3, 50), 4, rng), MANIFEST, estimates))
    assert "By construction: the policy's own mechanism" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("outcome", "shift", "said"),
    [
        ("escalation", 5, "outside the watched one changed with it"),
        ("escalation", 0, "outside the watched one did not change beyond chance"),
        ("hostile_share", 5, "the simulation does not tell"),
    ],
)
def test_only_a_watched_thread_has_an_elsewhere(outcome, shift, said, capsys):
    """A window is the whole community: what changes in it is the policy's effect, and no other window is simulated."""
    rng = np.random.default_rng(2)
    pairs = pairs_of(rng.beta(2, 3, 50), 4, rng)
    arms = [
        pairs.select(
            "draw", "seed", status=pl.lit("ok"), arm=pl.lit(arm), hostility_elsewhere=pl.col("seed") + more
        )
        for arm, more in (("baseline", 0), ("policy", shift))
    ]
    manifest = MANIFEST | {"outcome": MANIFEST["outcome"] | {"name": outcome}}
    found = pilot(pairs, manifest, {}, pl.concat(arms))
    _print(found)
    assert said in capsys.readouterr().out


def test_for_a_good_outcome_higher_is_better():
    good = MANIFEST | {"outcome": MANIFEST["outcome"] | {"polarity": "good"}}
    rng = np.random.default_rng(2)
    found = pilot(pairs_of(rng.beta(2, 3, 50), 4, rng), good, {"rd": {"est": None}})
    assert found["direction"] == "higher"
    assert found["p1_at_smallest_effect"] == pytest.approx(found["p0"] + 0.05)
    assert found["if_as_simulated"] is None


def test_one_seed_each_gives_a_plan_that_says_what_it_cannot_know():
    rng = np.random.default_rng(2)
    found = pilot(pairs_of(rng.beta(2, 3, 50), 1, rng), MANIFEST, {})
    assert found["alike"] is None
    assert [row["per_community"] for row in found["designs"]] == [1]
    assert any("cannot be learnt" in line for line in found["rests_on"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"smallest_effect": 0.7}, "more than there is room for"),
        ({"smallest_effect": 0.0}, "--smallest-effect is 0"),
        ({"power": 1.0}, "--power is 1"),
        ({"alpha": 0.0}, "--alpha is 0"),
        ({"per_community": 0}, "--per-community is 0"),
        ({"smallest_effect": 1e-5}, "more than a million"),
    ],
)
def test_what_no_test_can_have_is_refused_in_a_sentence(options, said):
    with pytest.raises(ValueError, match=said):
        planned(**options)


def test_an_outcome_that_never_happened_cannot_be_planned_for():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="sometimes happens"):
        pilot(pairs_of(np.zeros(5), 2, rng), MANIFEST, {})


def test_the_command_prints_a_plan_and_its_json(tmp_path, capsys):
    words = ("community.size=30", "steps=6", "draws=6", "seeds=2", "dowhy=false", "parallel.jobs=1")
    lively = ("baseline=none", "policy=remove_hostile", "outcome=hostile_exposures", "outcome.threshold=0.1")
    one_cell(plan(compose([*words, *lively])), Folder(tmp_path))
    capsys.readouterr()
    assert main(["pilot", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "communities an arm" in said and "What this rests on" in said
    assert "share of windows, each watched for 6 hours" in said
    assert main(["pilot", str(tmp_path), "--json"]) == 0
    assert '"units_an_arm"' in capsys.readouterr().out
    assert main(["pilot", str(tmp_path), "--power", "2"]) == 2
