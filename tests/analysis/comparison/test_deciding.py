"""The front and the verdict, on cases that can be checked in the head."""

import pytest

from windtunnel.analysis.comparison.deciding import NOTHING, front, verdict


def effect(name, rd, low=None, high=None, claim="made"):
    found = {"est": rd, "low": low, "high": high}
    return {
        "policy": name,
        "claim": claim,
        "claim_reason": "the arms differ" if claim != "made" else None,
        "rd": found,
        "rd_simultaneous": found,
        "n_pairs": 100,
    }


def test_a_policy_is_dominated_when_another_is_no_worse_in_anything_and_better_in_something():
    effects = [effect("cheap", -0.1), effect("strong", -0.3), effect("waste", -0.1), effect("like", -0.3)]
    costs = {"cheap": {"c": 1.0}, "strong": {"c": 5.0}, "waste": {"c": 2.0}, "like": {"c": 5.0}}
    assert front(effects, costs, "preventive") == {
        "cheap": [],
        "strong": [],
        "waste": ["cheap"],
        "like": [],
        NOTHING: [],
    }


def test_doing_nothing_dominates_what_costs_and_harms():
    found = front([effect("bad", 0.1)], {"bad": {"c": 1.0}}, "preventive")
    assert found["bad"] == [NOTHING]
    assert front([effect("bad", 0.1)], {"bad": {"c": 1.0}}, "generative")["bad"] == []


def test_a_withheld_claim_has_no_place_on_the_front():
    assert "gone" not in front([effect("gone", None, claim="withheld")], {"gone": {}}, "preventive")


@pytest.mark.parametrize(
    ("low", "high", "harmed", "direction", "said"),
    [
        (-0.30, -0.10, [], "preventive", "act"),
        (-0.30, -0.10, ["newcomer"], "preventive", "pilot"),
        (-0.30, -0.05, [], "preventive", "pilot"),
        (-0.30, 0.02, [], "preventive", "pilot"),
        (-0.04, 0.10, [], "preventive", "leave"),
        (0.06, 0.30, [], "preventive", "leave"),
        (0.06, 0.30, [], "generative", "act"),
        (None, None, [], "generative", "pilot"),
    ],
)
def test_the_declared_rule_with_a_smallest_effect_of_5_in_100(low, high, harmed, direction, said):
    assert verdict(effect("p", 0.1, low, high), harmed, 0.05, direction)[0] == said


def test_a_policy_that_makes_it_worse_is_left_for_that_and_not_for_being_small():
    for rd, low, high, direction in ((0.2, 0.06, 0.3, "preventive"), (-0.2, -0.3, -0.06, "generative")):
        said, reason = verdict(effect("p", rd, low, high), [], 0.05, direction)
        assert said == "leave" and "worse" in reason
    assert "smaller than" in verdict(effect("p", 0.0, -0.04, 0.02), [], 0.05, "preventive")[1]


def test_there_is_no_verdict_without_a_smallest_effect_or_a_claim():
    assert verdict(effect("p", -0.2, -0.3, -0.1), [], None, "preventive")[0] is None
    found, reason = verdict(effect("p", None, claim="withheld"), [], 0.05, "preventive")
    assert found is None and "the arms differ" in reason
