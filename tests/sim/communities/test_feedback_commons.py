"""A feedback commons: 26 actions in seven themes, each of which moves what it says, pay that leaves a mark, and a loop."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from windtunnel import run
from windtunnel.policies.registry import policy_class, policy_names
from windtunnel.sim.communities.feedback_commons.feedback_commons import AXES, gini
from windtunnel.sim.unlearning import METHODS

SMALL = dict(community="feedback_commons", seeds=1, dowhy=False)
THEMES = {"incentives": 4, "effort": 3, "experts": 2, "diversity": 6, "dynamic": 4, "privacy": 4, "legal": 3}


def effect(outcome: str, policy: Any, draws: int = 5, **more: Any) -> float:
    """The mean paired difference."""
    runs = run(**SMALL, policy=policy, draws=draws, **more).runs
    wide = runs.pivot("arm", index=["draw", "seed"], values=outcome)
    return float((wide["policy"] - wide["baseline"]).mean())  # type: ignore[arg-type]


def test_there_are_26_actions_in_seven_themes():
    ours = [
        policy_class(name)
        for name in policy_names("feedback_commons")
        if name not in ("none", "specialised_models", "unlearning")
    ]
    themes = [one.__module__.rpartition(".")[2] for one in ours if one.fits == ("feedback_commons",)]
    assert {name: themes.count(name) for name in set(themes)} == THEMES and len(themes) == 26


@pytest.mark.parametrize(
    ("policy", "outcome", "sign"),
    [
        ("outreach", "least_quality", 1),
        ("data_compliance", "leakage", -1),
        ("anonymise", "leakage", -1),
        ("user_control", "retractions", 1),
        ("expert_routing", "expert_share", 1),
        ("implicit_feedback", "implicit_share", 1),
        ("burden_cap", "top_tenth", -1),
        ("refresh_feedback", "feedback_freshness", 1),
        ("pooled_feedback", "mean_quality", 1),
        ("datacard", "openness_score", 1),
    ],
)
def test_an_action_moves_what_it_is_for(policy, outcome, sign):
    assert sign * effect(outcome, policy, draws=3, steps=40) > 0


def test_a_small_pay_that_drives_motivation_out_costs_contributions():
    much, little = (
        effect("contributions", "mixed_rewards", policy_with={"mixed_rewards": {"pay": pay, "crowding": 0.6}})
        for pay in (1.5, 0.3)
    )
    assert little < 0 < much


def test_what_pay_wore_down_is_missing_once_it_has_ended():
    """Never paid against paid until step 30; without wear the difference is what the loop alone keeps."""
    ends = {"mixed_rewards": {"pay": 0.6, "crowding": 0.3, "stop": 30}}
    worn = effect("contributions_at_end", "mixed_rewards", policy_with=ends)
    kept = run(
        {"community.settings.crowd_persist": 0.0}, **SMALL, policy="mixed_rewards", policy_with=ends, draws=5
    )
    wide = kept.runs.pivot("arm", index="draw", values="contributions_at_end")
    assert worn < 0 and worn < (wide["policy"] - wide["baseline"]).mean()  # type: ignore[operator]


def test_all_axes_of_openness_can_be_fulfilled_and_no_more():
    actions = ["datacard", "permissive_licence", "neutral_host", "peer_production", "refresh_feedback"]
    assert effect("openness_score", actions, draws=1, steps=10) == len(AXES) == 5


def test_who_takes_feedback_back_leaves_nothing_in_the_pool():
    found = run(**SMALL, policy="revocable_consent", draws=3, steps=40)
    taken = found.events.filter(pl.col("kind") == "retract", pl.col("arm") == "policy")
    assert taken.height and set(taken["arm"]) == {"policy"}
    counted = found.measures.filter(pl.col("measure") == "retracted", pl.col("arm") == "policy")[
        "value"
    ].sum()
    assert counted == taken.height


@pytest.mark.parametrize("window", [1, 4])
def test_feedback_is_taken_back_within_the_window_alone(window):
    more = dict(draws=2, steps=30, policy_with={"user_control": {"window": window, "trust": 0.0}})
    events = run(**SMALL, policy="user_control", **more).events.filter(pl.col("arm") == "policy")
    gave = events.filter(pl.col("kind") == "give").select("draw", "member", "step", last="step")
    taken = events.filter(pl.col("kind") == "retract").sort("step")
    found = taken.join_asof(
        gave.sort("step"), on="step", by=["draw", "member"], strategy="backward", check_sortedness=False
    )
    since = found["step"] - found["last"]
    assert len(since) > 5 and since.null_count() == 0 and since.max() == window - 1


def test_what_is_taken_back_is_forgotten_exactly_or_less_and_a_filter_costs_no_quality():
    left, quality = {}, {}
    for method in METHODS:
        runs = run(
            **SMALL, policy="unlearning", draws=2, steps=25, policy_with={"unlearning": {"method": method}}
        ).runs
        treated = runs.filter(pl.col("arm") == "policy")
        left[method], quality[method] = (
            treated["residual_influence"].to_list(),
            treated["mean_quality"].to_list(),
        )
    for exact, reweight, filter_only, none in zip(
        *(left[name] for name in ("exact_retrain", "reweight", "filter_only", "none")), strict=True
    ):
        assert exact == 0 < reweight < filter_only <= none
    assert quality["filter_only"] == quality["none"] == quality["reweight"]
    assert sum(quality["exact_retrain"]) < sum(quality["none"])


def test_gini_of_one_who_has_all():
    assert gini(np.array([0.0, 0.0, 0.0, 1.0])) == pytest.approx(0.75)
