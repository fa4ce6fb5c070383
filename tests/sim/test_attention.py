"""Push and pull: seven properties on drawn worlds, and rankings beside all permutations tried."""

from itertools import permutations

import numpy as np
import pytest

from windtunnel.sim.attention import attention, discounts, ranking, rankings

WEIGHTS = np.linspace(0, 1, 21)
BLOCKS = (1, 2, 4, 8, 12)
SLACK = 1e-7


def world(seed: int, count: int = 24) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.random(count), rng.random(count), discounts(count)


def in_blocks(count: int, size: int) -> np.ndarray:
    return np.arange(count) // size


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_a_ranking_is_the_best_of_all_that_are_allowed(seed, size):
    u, v, discount = world(seed, 6)
    blocks = in_blocks(6, size)
    order = ranking(u, v, 0.3, discount, blocks)
    gain = 0.3 * u + 0.7 * v
    parts = [np.flatnonzero(blocks == name) for name in range(6 // size)]
    best = max(
        gain[np.concatenate([parts[k] for k in way])] @ discount for way in permutations(range(len(parts)))
    )
    assert gain[order] @ discount == pytest.approx(best, abs=1e-7)
    assert sorted(order) == list(range(6))


@pytest.mark.parametrize("size", BLOCKS)
def test_pull_never_falls_and_push_never_rises_with_the_weight(size):
    for seed in range(5):
        u, v, discount = world(seed)
        found = [attention(u, v, weight, discount, in_blocks(24, size)) for weight in WEIGHTS]
        pull, push = (np.array([getattr(one, name) for one in found]) for name in ("pull", "push"))
        assert (np.diff(pull) >= -SLACK).all() and (np.diff(push) <= SLACK).all()
        assert (
            (pull >= 0).all()
            and (pull <= 1 + SLACK).all()
            and (push >= 0).all()
            and (push <= 1 + SLACK).all()
        )
        assert pull[-1] == pytest.approx(1, abs=SLACK) and push[0] == pytest.approx(1, abs=SLACK)


def test_in_a_zero_sum_place_all_turns_over_at_one_half():
    u, _, discount = world(1)
    for weight, pull, push in ((0.1, 0, 1), (0.49, 0, 1), (0.51, 1, 0), (0.9, 1, 0)):
        found = attention(u, 1 - u, weight, discount, normalise="range")
        assert (found.pull, found.push) == (pytest.approx(pull, abs=SLACK), pytest.approx(push, abs=SLACK))
        assert attention(u, 1 - u, weight, discount).pull + attention(u, 1 - u, weight, discount).push > 1.1


def test_aligned_interests_both_have_all():
    u, _, discount = world(2)
    for weight in WEIGHTS:
        found = attention(u, 3 * u, weight, discount, in_blocks(24, 4))
        assert found.pull == pytest.approx(1, abs=SLACK) and found.push == pytest.approx(1, abs=SLACK)


def test_orthogonal_interests_both_have_all_inside():
    """Objects are topics times sources: the reader minds the topic alone, the advocate the source alone, one place counts."""
    rng = np.random.default_rng(3)
    topic, source = rng.random(5), rng.random(4)
    u, v = np.repeat(topic, 4), np.tile(source, 5)
    for weight in WEIGHTS[1:-1]:
        found = attention(u, v, weight, discounts(20, 1))
        assert (found.pull, found.push) == (1.0, 1.0)


def test_finer_blocks_never_lower_what_the_platform_can_have():
    for seed in range(5):
        u, v, discount = world(seed)
        for chain in ((12, 4, 2, 1), (8, 4, 2, 1)):
            values = []
            for size in chain:
                found = attention(u, v, 0.5, discount, in_blocks(24, size))
                values.append(0.5 * found.reader + 0.5 * found.advocate)
            assert (np.diff(values) >= -SLACK).all()


def test_the_platforms_value_is_convex_and_the_sum_is_highest_in_the_middle():
    u, v, discount = world(4)
    found = [attention(u, v, weight, discount) for weight in WEIGHTS]
    value = np.array([w * one.reader + (1 - w) * one.advocate for w, one in zip(WEIGHTS, found, strict=True)])
    assert (np.diff(value, 2) >= -1e-6).all()
    both = [one.reader + one.advocate for one in found]
    assert both[10] == pytest.approx(max(both), abs=SLACK)


def test_ties_are_told_at_both_ends():
    u, v = np.ones(4), np.array([0.0, 1.0, 0.0, 1.0])
    discount = discounts(4, 2)
    assert attention(u, v, 1.0, discount).push == 1.0
    assert attention(u, v, 1.0, discount, against=True).push == 0.0


def test_unequal_blocks_are_tried_and_searched():
    u, v, discount = world(5, 9)
    few = np.array([0, 0, 1, 2, 2, 2, 3, 3, 4])
    order = ranking(u, v, 0.5, discount, few)
    assert sorted(order) == list(range(9))
    gain = 0.5 * (u + v)
    parts = [np.flatnonzero(few == name) for name in range(5)]
    best = max(gain[np.concatenate([parts[k] for k in way])] @ discount for way in permutations(range(5)))
    assert gain[order] @ discount == pytest.approx(best, abs=1e-7)
    u, v, discount = world(6, 20)
    many = np.repeat(np.arange(10), 2)
    many[-1] = 8
    searched = 0.5 * (u + v)[ranking(u, v, 0.5, discount, many)] @ discount
    assert searched >= 0.5 * (u + v) @ discount


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6, 12])
def test_many_readers_at_once_are_ranked_as_each_alone(size):
    rng = np.random.default_rng(7)
    u, v, weight = rng.random((40, 12)), rng.random((40, 12)), rng.random(40)
    weight[:2] = 0.0, 1.0
    found = rankings(u, v, weight, discounts(12), size)
    for row in range(40):
        alone = ranking(u[row], v[row], weight[row], discounts(12), np.arange(12) // size)
        assert found[row].tolist() == alone.tolist()
