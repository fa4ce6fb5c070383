"""Steered members: exact rates of what comes out civil, in the published order, and nothing but the tone changes."""

import polars as pl
import pytest

from windtunnel.policies.forum.detoxified_members import REDUCTION


def first_step(tiny_experiment, tiny_world, arm="policy", **given) -> pl.DataFrame:
    """In the first step twins differ only by what the policy did to the acts."""
    rates = {"heated_share": 0.3, "hostile_share": 0.3}
    experiment = tiny_experiment([("detoxified_members", given)], size=4000, steps=1, rates=rates)
    log = tiny_world(experiment, arm).log.frame(0, 0, "any")
    return log.filter(pl.col("kind").is_in(["reply", "post"]))


def test_each_way_takes_away_the_share_of_toxic_posts_that_it_states(tiny_experiment, tiny_world):
    before = first_step(tiny_experiment, tiny_world, "baseline")
    toxic = before["tone"] != "civil"
    left = {}
    for mode, reduction in REDUCTION.items():
        after = first_step(tiny_experiment, tiny_world, mode=mode)
        changed = before["tone"] != after["tone"]
        assert not (changed & ~toxic).any() and set(after.filter(changed)["tone"]) == {"civil"}
        error = (reduction * (1 - reduction) / toxic.sum()) ** 0.5
        assert abs(changed.sum() / toxic.sum() - reduction) < 3 * error < 0.2
        left[mode] = (after["tone"] != "civil").sum()
    assert toxic.sum() > left["sae"] == left["iti"] > left["causal_detox"]


def test_a_stronger_dose_takes_more_and_loses_words(tiny_experiment, tiny_world):
    once, thrice = (
        first_step(tiny_experiment, tiny_world, mode="iti", strength=strength, fluency_loss=0.1)
        for strength in (1.0, 3.0)
    )
    hot = [part.filter(pl.col("tone") != "civil").height for part in (once, thrice)]
    lost = [part.filter(pl.col("status") == "cancelled").height / part.height for part in (once, thrice)]
    assert (
        hot[1] < hot[0]
        and lost[0] == pytest.approx(0.1, abs=0.05)
        and lost[1] == pytest.approx(0.271, abs=0.08)
    )


def test_who_is_steered_stays_so(tiny_experiment, tiny_world):
    experiment = tiny_experiment(
        [("detoxified_members", {"share": 0.5, "strength": 10, "mode": "causal_detox"})],
        size=200,
        steps=14,
        rates={"heated_share": 0.3, "hostile_share": 0.3},
    )
    log = (
        tiny_world(experiment, "policy")
        .log.frame(0, 0, "any")
        .filter(pl.col("kind").is_in(["reply", "post"]))
    )
    touched = log.group_by("member").agg(
        pl.col("policy").is_not_null().any(), hot=(pl.col("tone") != "civil").sum()
    )
    assert touched.filter("policy")["hot"].mean() < 0.2 < touched.filter(~pl.col("policy"))["hot"].mean()
