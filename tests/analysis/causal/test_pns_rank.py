"""Ranking by the lower bound of PNS: a planted cause comes first, ties are told, and the fewest who suffice are found."""

import numpy as np
import pytest

from windtunnel.analysis.causal.necessity import experimental_bounds
from windtunnel.analysis.causal.pns_rank import Pairs, least_pns, rank_by_pns, smallest_set


def planted(seed: int, agents: int = 8, pairs: int = 200) -> dict[str, Pairs]:
    """One of the agents brings the incident about in three of four worlds, others do nothing; it comes by itself in 5 %."""
    draw = np.random.default_rng(seed)
    by_itself, driven = draw.random(pairs) < 0.05, draw.random(pairs) < 0.75
    without = (by_itself | driven).astype(int)
    there = np.arange(pairs)
    return {
        f"agent {one}": Pairs(there, without, by_itself.astype(int) if one == 3 else without)
        for one in range(agents)
    }


def test_the_planted_cause_was_necessary_and_a_bystander_was_not():
    """Of the worlds in which it happened, how many would not have had it without that one (the sketch has .86 and .011)."""
    for seed in range(20):
        averted = {
            name: ((one.without == 1) & (one.with_ == 0)).sum() / one.without.sum()
            for name, one in planted(seed).items()
        }
        assert averted.pop("agent 3") > 0.8 and max(averted.values()) < 0.1


def test_the_planted_cause_comes_first_in_every_seed():
    for seed in range(100):
        first, second, *_ = rank_by_pns(planted(seed), "preventive", repeats=50)
        assert first["name"] == "agent 3" and first["least_pns"]["est"] > 0.55 and not second["tied"]


@pytest.mark.parametrize("direction", ["preventive", "generative"])
def test_the_bound_is_that_of_tian_and_pearl(direction):
    for without in np.linspace(0, 1, 6):
        for with_ in np.linspace(0, 1, 6):
            bound = experimental_bounds(float(with_), float(without), direction=direction).pns[0]
            assert least_pns(without, with_, direction) == pytest.approx(bound)


def test_equals_are_tied_in_the_order_given_and_an_interval_is_by_whole_draws():
    draw = np.repeat(np.arange(10), 5)
    one = Pairs(draw, np.ones(50), (draw % 2).astype(float))
    rows = rank_by_pns({"b": one, "a": one}, "preventive")
    assert [row["name"] for row in rows] == ["b", "a"] and all(row["tied"] for row in rows)
    of_draws = rows[0]["least_pns"]
    fewer = Pairs(np.arange(50), one.without, one.with_)
    of_pairs = rank_by_pns({"b": fewer}, "preventive")[0]["least_pns"]
    assert of_draws["high"] - of_draws["low"] > 1.8 * (of_pairs["high"] - of_pairs["low"])
    assert rank_by_pns({}, "preventive") == []


def test_the_fewest_who_suffice_are_found_where_only_two_together_do():
    def share(those):
        return (
            0.5 * ("a" in those)
            + 0.4 * ({"a", "b"} <= set(those))
            + 0.2 * ("c" in those and "a" not in those)
        )

    assert smallest_set(["c", "b", "a"], share, 0.9) == [("a", 0.5), ("b", 0.9)]
    assert smallest_set(["c", "b", "a"], share, 1.0) == [("a", 0.5), ("b", 0.9)]
    assert smallest_set(["b"], share, 0.5) == []
