"""Pairwise user unfairness: its properties one by one, tables counted by hand, and a policy that treats likes unlike."""

import numpy as np
import polars as pl
import pytest
from scipy.spatial.distance import jaccard, jensenshannon

from windtunnel import run
from windtunnel.analysis.outcomes import RUN, Runs, known_outcomes
from windtunnel.analysis.outcomes.unfairness import pairwise_unfairness, similar, treatment_unfairness
from windtunnel.sim.events import SCHEMA

TWO_KINDS = np.kron(np.eye(2), np.ones((4, 4)))
"""Eight members: four and four that are alike, with nothing in common across."""


@pytest.mark.parametrize("seed", range(20))
def test_it_lies_between_0_and_1_and_knows_no_order(seed):
    draw = np.random.default_rng(seed)
    effect, raw = draw.random(9), draw.random((9, 9))
    alike = (raw + raw.T) / 2
    found, turn = pairwise_unfairness(effect, alike), draw.permutation(9)
    assert 0 <= found <= 1
    assert pairwise_unfairness(effect[turn], alike[np.ix_(turn, turn)]) == pytest.approx(found)


def test_it_is_0_where_likes_have_one_effect_whatever_the_others_have():
    effect = np.repeat([0.1, 0.9], 4)
    assert pairwise_unfairness(effect, TWO_KINDS) == 0
    assert pairwise_unfairness(np.full(8, 0.7), np.ones((8, 8))) == 0


def test_it_rises_with_disparity_among_likes_and_not_with_that_among_others():
    apart = [pairwise_unfairness(np.array([0.5 + gap, *[0.5] * 7]), TWO_KINDS) for gap in (0, 0.1, 0.2, 0.4)]
    assert np.allclose(np.diff(apart), np.array([0.1, 0.1, 0.2]) * 3 * 2 / 56)
    nearly = np.where(TWO_KINDS > 0, 1.0, 0.01)
    wide, narrow = (pairwise_unfairness(np.repeat([0.5 - gap, 0.5 + gap], 4), nearly) for gap in (0.5, 0.05))
    assert wide - narrow <= 0.01  # 16 of 28 pairs, a hundredth alike
    assert pairwise_unfairness(np.array([0.0, 1.0]), np.ones((2, 2))) == 1.0
    assert pairwise_unfairness(np.array([0.4]), np.ones((1, 1))) == 0.0


def test_similarity_is_jaccard_and_jensen_shannon_as_scipy_has_them():
    draw = np.random.default_rng(3)
    history, profile = draw.random((6, 9)) < 0.4, draw.integers(0, 5, (6, 4)) + 1
    found = similar(history, profile, 0.3)
    for one in range(6):
        for other in range(6):
            common = 1 - (
                jaccard(history[one], history[other]) if (history[one] | history[other]).any() else 0
            )
            apart = jensenshannon(profile[one], profile[other], base=2) ** 2 if one != other else 0
            assert found[one, other] == pytest.approx(0.3 * common + 0.7 * (1 - apart))


def table(rows):
    names = ("member", "kind", "target", "place", "tone", "policy")
    run_of = {"draw": 0, "seed": 0, "arm": "policy", "step": 0, "ordinal": 0, "status": "done", "text": None}
    events = pl.DataFrame([run_of | dict(zip(names, row, strict=True)) for row in rows], schema=SCHEMA)
    return Runs(events.select(RUN).head(1), events, pl.DataFrame())


def test_a_table_counted_by_hand():
    acts = [(member, "reply", 10 + member, 1, "hostile", None) for member in range(3)]
    removed = (None, "remove", 10, 1, "hostile", "remove_hostile")
    warned = (None, "warn", 1, None, None, "warns")
    assert treatment_unfairness(table([*acts, removed]))["value"].to_list() == [pytest.approx(2 / 3)]
    assert treatment_unfairness(table([*acts, removed, warned]))["value"].to_list() == [pytest.approx(2 / 3)]
    all_three = [(None, "remove", 10 + member, 1, "hostile", "remove_hostile") for member in range(3)]
    assert treatment_unfairness(table([*acts, *all_three]))["value"].to_list() == [0.0]
    assert treatment_unfairness(table(acts))["value"].to_list() == [0.0]
    assert treatment_unfairness(table(acts[:1]))["value"].to_list() == [None]
    other = (3, "upvote", 10, 1, None, "slow_mode")
    assert treatment_unfairness(table([*acts, other]))["value"].to_list() == [0.0]  # nothing in common


def test_any_treatment_has_it_and_nothing_has_none():
    small = dict(policy="remove_hostile", baseline="none", draws=3, seeds=1, steps=12, dowhy=False)
    runs = run(community={"size": 60}, **small).runs
    assert runs.filter(pl.col("arm") == "baseline")["treatment_unfairness"].to_list() == [0.0] * 3
    assert (runs.filter(pl.col("arm") == "policy")["treatment_unfairness"] > 0).all()
    assert runs["exposure_unfairness"].is_between(0, 1).all()
    for name in ("commons", "places", "info_commons"):
        assert "treatment_unfairness" in known_outcomes(name)
