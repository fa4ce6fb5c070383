"""The forum's members choose their own rule: by hand, by method, and what the chosen rule then does."""

import numpy as np
import polars as pl

from windtunnel.policies.choosing import METHODS, chosen
from windtunnel.policies.forum.elicited_rule import LIVABLE
from windtunnel.sim.communities.forum.posts import TONES


def seen(*best: float) -> np.ndarray:
    return -((np.arange(4)[None, :] - np.array(best)[:, None]) ** 2)


def test_three_ways_by_hand():
    """Three lean to no rule, two to the third: a vote takes none, and all five can live with the one between."""
    split = seen(0.4, 0.4, 0.4, 1.6, 1.6)
    assert chosen(split, "vote", LIVABLE) == 0 and chosen(split, "negotiation", LIVABLE) == 1
    for method in METHODS:
        assert chosen(seen(2, 2, 2), method, LIVABLE) == 2


def lived(tiny_experiment, tiny_world, **given):
    rates = {"heated_share": 0.2, "hostile_share": 0.2}
    usual = {"every": 4, "error": 0.0, "detection": 1.0, "heated": 1.0, "false_positive": 0.0, "seen": 1.0}
    experiment = tiny_experiment([("elicited_rule", usual | given)], size=60, steps=12, rates=rates)
    return tiny_world(experiment, "policy")


def test_the_rule_holds_until_the_next_choice_and_removes_what_it_says(tiny_experiment, tiny_world):
    for method in METHODS:
        world = lived(tiny_experiment, tiny_world, method=method)
        log = world.log.frame(0, 0, "any")
        choices = log.filter(pl.col("kind") == "choose_norm")
        assert set(choices["amount"]) <= {0, 1, 2, 3} and set(choices["step"]) <= {0, 1, 4, 8}
        removed = log.filter(pl.col("kind") == "remove", pl.col("policy") == "elicited_rule")
        for row in removed.iter_rows(named=True):
            rule = choices.filter(pl.col("step") <= row["step"])["amount"][-1]
            before = choices.filter(pl.col("step") < row["step"])["amount"]
            allowed = max([rule, *before.to_list()])  # what was caught under a stricter rule may have waited
            assert TONES.index(row["tone"]) > 0 and allowed >= (2 if row["tone"] == "hostile" else 3)


def test_who_saw_insults_wants_a_stricter_rule(tiny_experiment, tiny_world):
    rules = {}
    for hostile in (0.0, 0.6):
        world = lived(tiny_experiment, tiny_world, method="vote", every=100)
        policy = world.acting()[0]
        world.community.members.exposures[:] = [10, 0, round(10 * hostile / (1 - hostile))]
        policy._choose(world)
        rules[hostile] = policy._rule
    assert rules[0.0] < rules[0.6]
