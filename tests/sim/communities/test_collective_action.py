"""Collective action: exact counts of the cell world, what two collectives do to each other, and policies that do what they say."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest

from windtunnel import conf
from windtunnel.sim import noise
from windtunnel.sim.block import Run
from windtunnel.sim.communities.collective_action.build import Builder
from windtunnel.sim.communities.collective_action.cells import Cells
from windtunnel.sim.communities.collective_action.platform import OWN, Handed, Learning
from windtunnel.sim.communities.collective_action.recommender import FACTORS, PENALTY, _half, factorised
from windtunnel.sim.communities.collective_action.settings import ActionSettings
from windtunnel.sim.experiment import Experiment, PolicySpec
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import run

A, B = {"members": 400, "signal": 0, "target": 0}, {"members": 800, "signal": 0, "target": 1}
ALL = {"committed": {"share": 1.0, "zeal": 30, "accounts": 1, "words": "This member always takes part."}}


def acting(
    policy: Sequence[Any] = (), *, draws: int = 4, steps: int = 1, personas: Any = ALL, **settings: Any
) -> dict[tuple[int, str], Run]:
    """Runs of conf/community/collective_action.yaml with other numbers, by draw and arm."""
    config = conf.content("community", "collective_action")
    config["settings"], config["personas"] = config["settings"] | settings, personas or config["personas"]
    config["size"] = sum(one["members"] for one in config["settings"]["collectives"].values())
    named = [one if isinstance(one, tuple) else (one, {}) for one in policy]
    treated = [PolicySpec(name, dict(given), name) for name, given in named]
    made = Experiment(config, (), treated, {"name": "rules"}, draws=draws, seeds=1, steps=steps)
    runs = [one for block in run(made, make_mind) for one in block.runs]
    assert [one.reason for one in runs if one.status != "ok"] == []
    return {(one.unit.draw, one.unit.arm): one for one in runs}


def measured(found: Mapping[tuple[int, str], Run], name: str, arm: str) -> np.ndarray:
    """A measure, (draws, steps)."""
    rows = [one.measures for (_, kind), one in sorted(found.items()) if kind == arm]
    return np.array([table.filter(pl.col("measure") == name).sort("step")["value"] for table in rows])


class Drawing:
    """A world that draws chance, and nothing else."""

    def chance(self, purpose: str, ids: np.ndarray) -> np.ndarray:
        return noise.uniform(5, purpose, 0, ids)


def test_a_cell_says_what_most_of_its_rows_say():
    """Counted by hand, row by row."""
    config = conf.content("community", "collective_action")["settings"]
    settings = ActionSettings(
        size=60, **(config | {"base": 300, "cells": 7, "collectives": {"A": {"members": 60}}})
    )
    cells = Cells(settings, 3, np.arange(60), np.zeros(60, int))
    cells.open(Drawing())  # type: ignore[arg-type]
    handed = Handed(np.where(np.arange(60) % 2, 0, OWN), np.where(np.arange(60) % 2, 0, OWN), np.ones(60))
    cells.train(Drawing(), handed, Learning())  # type: ignore[arg-type]
    rows = [*zip(cells.base_signal, cells.base_cell, cells.base_label, strict=True)]
    rows += [
        (int(signal) + 1, cell, own if label == OWN else label)
        for signal, label, cell, own in zip(handed.signal, handed.label, cells.cell, cells.label, strict=True)
    ]
    said = {}
    for signal in (0, 1):
        for cell in range(7):
            votes = [sum(row == (signal, cell, label) for row in rows) for label in range(settings.labels)]
            plain = said.get((0, cell))
            tied = plain is not None and votes[plain] == max(votes)
            said[signal, cell] = plain if tied else int(np.argmax(votes))
    assert cells.says[:2].ravel().tolist() == list(said.values())
    share = sum(cells.population[cell] for cell in range(7) if said[1, cell] == 0)
    assert cells.success(0, 0, 0) == pytest.approx(share, abs=1e-12)


def test_a_rival_twice_as_large_with_the_same_signal_takes_nearly_all_and_with_another_nothing():
    same = acting(["disband"], draws=8, collectives={"A": A, "B": B})
    both, alone = (measured(same, "success_first", arm).mean() for arm in ("baseline", "policy"))
    assert alone > 0.75 and both <= 0.3 * alone
    apart = acting(["disband"], draws=8, collectives={"A": A, "B": B | {"signal": 1}})
    assert (
        measured(apart, "success_first", "baseline").mean()
        >= 0.95 * measured(apart, "success_first", "policy").mean()
    )


def test_two_with_one_target_are_one_of_their_size_and_success_grows_with_size():
    half = {"members": 200, "signal": 0, "target": 0}
    two = measured(acting(draws=8, collectives={"A": half, "B": half}), "success_first", "baseline")
    one = measured(acting(draws=8, collectives={"A": A}), "success_first", "baseline")
    assert np.allclose(two, one, atol=1e-12)
    small = measured(
        acting(["disband"], draws=8, collectives={"A": half, "B": half}), "success_first", "policy"
    )
    assert small.mean() < one.mean() - 0.05


def test_mistakes_cost_success():
    found = [
        measured(acting(draws=4, noise=nu, collectives={"A": B}), "success_first", "baseline").mean()
        for nu in (0, 0.2, 0.5, 0.8)
    ]
    assert found == sorted(found, reverse=True) and found[0] - found[-1] > 0.3


@pytest.mark.parametrize(
    ("policy", "lower"),
    [
        ("robustify", True),
        ("label_audit", True),
        (("noise_injection", {"rate": 0.5}), True),
        ("signal_registry", False),
    ],
)
def test_what_a_policy_does_to_the_first_collective(policy, lower):
    collectives = {"A": A, "B": B} if policy == "signal_registry" else {"A": A, "B": B | {"signal": 1}}
    found = acting([policy], collectives=collectives)
    before, after = (measured(found, "success_first", arm) for arm in ("baseline", "policy"))
    assert ((after < before) if lower else (after > before)).all()


def test_of_three_accounts_a_cap_counts_one():
    three = {"committed": ALL["committed"] | {"accounts": 3}}
    capped = measured(acting(["sybil_cap"], personas=three, collectives={"A": A}), "success_first", "policy")
    single = measured(acting(collectives={"A": A}), "success_first", "baseline")
    assert np.allclose(capped, single, atol=1e-12)
    assert (
        measured(acting(personas=three, collectives={"A": A}), "success_first", "baseline").mean()
        > single.mean()
    )


def test_a_platform_that_learns_more_seldom_keeps_what_it_says_in_between():
    found = acting(
        [("retrain_interval", {"every": 3})], steps=6, personas=None, noise=0.3, collectives={"A": A, "B": B}
    )
    success = measured(found, "success_first", "policy")
    assert (success[:, 0] == success[:, 2]).all() and (success[:, 3] == success[:, 5]).all()
    assert (success[:, 2] != success[:, 3]).any()


def test_a_tool_prevents_mistakes_and_keeps_some_away_and_novices_learn():
    settings = {"noise": 0.4, "novice": 2.0, "collectives": {"A": A, "B": B | {"signal": 1}}}
    tool = acting(["coordination_tool"], steps=3, personas=None, **settings)
    wrong = [measured(tool, "misapplied", arm).mean() for arm in ("baseline", "policy")]
    there = [measured(tool, "taking_part", arm).mean() for arm in ("baseline", "policy")]
    assert wrong[1] < 0.5 * wrong[0] and there[1] < there[0]
    shown = acting(["onboarding"], steps=2, **settings)
    first = [measured(shown, "misapplied", arm)[:, 0].mean() for arm in ("baseline", "policy")]
    assert first[1] < first[0] - 0.15
    assert np.array_equal(
        measured(shown, "misapplied", "baseline")[:, 1], measured(shown, "misapplied", "policy")[:, 1]
    )


def test_half_a_sweep_is_a_ridge_regression_a_user_and_equal_ratings_are_foretold():
    """The factors of each user beside those that are solved for it alone."""
    rng = np.random.default_rng(0)
    left, theirs = rng.standard_normal((9, 20)), rng.standard_normal((20, FACTORS))
    weight, bias = (rng.random((9, 20)) < 0.6).astype(float), rng.standard_normal(20)
    mine, own = _half(weight, weight * left, np.zeros((9, FACTORS)), theirs, bias)
    for user in range(9):
        seen = weight[user] > 0
        rest = left[user, seen] - bias[seen]
        assert own[user] == pytest.approx(rest.sum() / (seen.sum() + PENALTY), abs=1e-9)
        tall = np.vstack([theirs[seen], np.sqrt(PENALTY) * np.eye(FACTORS)])
        alone = np.linalg.lstsq(tall, np.append(rest - own[user], np.zeros(FACTORS)), rcond=None)[0]
        assert np.allclose(mine[user], alone, atol=1e-9)
    known = rng.random((30, 20)) < 0.6
    assert np.allclose(factorised(np.full((30, 20), 3.0), known, theirs), 3.0, atol=1e-9)


def test_ratings_are_learned_and_of_texts_the_larger_collective_wins():
    six = {"members": 6, "strategy": "promote"}
    place = {"platform": "recommender", "base": 120, "cells": 80, "signals": 1}
    found = {}
    for strategy in ("promote", "demote"):
        runs = acting(
            ["disband"], draws=2, **place, collectives={"A": six | {"strategy": strategy}, "B": six}
        )
        assert measured(runs, "accuracy", "baseline").min() > 0.6
        found[strategy] = measured(runs, "success_first", "policy").mean()
    assert all(0 < value < 1 for value in found.values())
    texts = {"platform": "tokens", "base": 700, "cells": 200, "labels": 5, "evenness": 0.1}
    runs = acting(
        ["disband"], draws=1, **texts, collectives={"A": A | {"members": 40}, "B": B | {"members": 80}}
    )
    both, alone = (measured(runs, "success_first", arm).item() for arm in ("baseline", "policy"))
    assert alone > 0.9 and both < 0.5 * alone


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"collectives": {}}, "collectives have no members"),
        ({"collectives": {"A": {"members": 5000}}}, "5000 members together, and size is 1200"),
        ({"collectives": {"A": {"members": 5, "target": 9}}}, "signal 0 and target 9: there are signals 0 to 5 and labels 0 to 4"),
        ({"collectives": {"A": {"members": 5, "strategy": "promote"}}}, "platform cells takes feature_label or feature"),
    ],
)  # fmt: skip
def test_wrong_settings_are_refused_in_a_sentence(settings, said):
    config = conf.content("community", "collective_action")
    config["settings"] = config["settings"] | settings
    with pytest.raises(ValueError, match=said):
        Builder(config)


def test_signals_that_are_merged_are_one_signal():
    """Where no base row carries a signal, A with 0 and B with 1, merged, are as two who plant the same; 2 stays apart."""
    for platform in (
        {"platform": "cells"},
        {"platform": "tokens", "base": 3000, "cells": 100, "evenness": 0.05},
    ):
        common = {"carried": 0.0, **platform}
        same = acting(draws=1, collectives={"A": A, "B": B}, **common)
        merged = [("robustify", {"share": 0.0, "merged": 2})]
        near, far = (
            acting(merged, draws=1, collectives={"A": A, "B": B | {"signal": signal}}, **common)
            for signal in (1, 2)
        )
        for name in ("success_first", "success_second"):
            assert measured(near, name, "policy") == measured(same, name, "baseline")
        assert measured(far, "success_first", "policy") == measured(far, "success_first", "baseline")


RECOMMENDER = {
    "platform": "recommender",
    "base": 60,
    "cells": 80,
    "collectives": {"A": {"members": 6, "strategy": "promote"}},
}


def test_push_and_pull_of_a_recommender_are_what_its_ranking_gives():
    found = {
        weight: acting([("feed_weight", {"weight": weight})], draws=2, **RECOMMENDER)
        for weight in (0.0, 0.5, 1.0)
    }
    pull, push = (
        [measured(one, name, "policy").mean() for one in found.values()] for name in ("pull", "push")
    )
    assert pull == sorted(pull) and push == sorted(push, reverse=True)
    assert pull[-1] == pytest.approx(1) and push[0] == pytest.approx(1) and pull[0] < 0.999 and push[-1] < 0.9
    plain = measured(found[1.0], "success_first", "baseline")
    assert np.array_equal(plain, measured(found[1.0], "success_first", "policy"))


def test_policies_of_a_recommenders_feed():
    one = {"reader_weight": 0.3, **RECOMMENDER}
    neutral = acting(["feed_neutral"], draws=2, **one)
    free = acting([("feed_push_free", {"takers": 1.0})], draws=2, **one)
    bundled = acting([("feed_granularity", {"block": 8})], draws=2, **one)
    wary = acting([("feed_transparency", {"wary": 1.0})], draws=2, **one)
    assert measured(neutral, "push", "policy").mean() < measured(neutral, "push", "baseline").mean()
    assert measured(free, "pull", "policy") == pytest.approx(1)
    assert (measured(bundled, "pull", "policy") <= 1).all() and (
        measured(bundled, "push", "policy") <= 1
    ).all()
    assert (measured(wary, "success_first", "policy") <= measured(wary, "success_first", "baseline")).all()
