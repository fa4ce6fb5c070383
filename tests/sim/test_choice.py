"""Choices among members: who is chosen, how often, and whose chance moves when somebody is added."""

import numpy as np
import pytest

from windtunnel.sim import noise
from windtunnel.sim.choice import SPAN, choose, decision_ids
from windtunnel.sim.plain import PlainView


def view(count: int, targets: np.ndarray, kinds: np.ndarray) -> PlainView:
    """`count` deciders with three actions: 0 is no target, 1 and 2 are kinds of target."""
    rows = np.arange(count)
    made = PlainView(rows, np.zeros((count, 0)), np.ones((count, 3), bool), (), ("rest", "a", "b"))
    made.among(targets, kinds, ("a", "b"))
    return made


def test_a_kind_shares_its_probability_among_its_targets():
    count = 40_000
    ids = np.arange(count)
    targets = np.broadcast_to(np.array([7, 8, 9, -1]), (count, 4))
    kinds = np.broadcast_to(np.array([0, 0, 1, 0]), (count, 4))
    logp = np.broadcast_to(np.log([0.5, 0.3, 0.2]), (count, 3))
    shown = view(count, targets, kinds)
    choice = choose(5, "choose scold", 0, ids, shown, logp)
    share = [np.mean(shown.chosen == target) for target in (-1, 7, 8, 9)]
    assert share == pytest.approx([0.5, 0.15, 0.15, 0.2], abs=0.012)
    assert (choice == np.select([shown.chosen < 0, shown.chosen == 9], [0, 2], 1)).all()


def test_the_chance_of_a_target_is_that_of_its_id_wherever_it_stands():
    ids = np.array([3, 14, 15, 92, 65])
    logp = np.log(np.full((2, 3), 1 / 3))
    found = []
    for order in ([2, 3, 4], [4, 2, 3]):
        shown = view(2, np.array([order, order]), np.zeros(3, int))
        choose(5, "choose", 4, ids, shown, logp)
        found.append(shown.chosen.tolist())
    assert found[0] == found[1]


def test_a_kind_of_which_a_decider_has_no_target_is_not_on_its_offer():
    shown = view(2, np.array([[4, 1], [4, -1]]), np.array([[0, 0], [0, 1]]))
    assert shown.options.tolist() == [[True, True, False], [True, True, False]]
    shown = view(2, np.array([[4, 1], [4, -1]]), np.array([[0, 1], [1, 0]]))
    assert shown.options.tolist() == [[True, True, True], [True, False, True]]


def test_nobody_to_choose_from_leaves_the_actions():
    shown = view(2, np.empty((2, 0), np.int64), np.empty((2, 0), np.int64))
    assert choose(1, "choose", 0, np.arange(2), shown, np.log([[0.9, 0.05, 0.05]] * 2)).max() <= 2
    assert shown.chosen.tolist() == [-1, -1]
    empty = view(0, np.empty((0, 3), np.int64), np.empty((0, 3), np.int64))
    assert len(choose(1, "choose", 0, np.arange(2), empty, np.empty((0, 3)))) == 0


def test_what_one_member_decides_about_each_other_has_chance_of_its_own():
    ids = np.arange(200)
    rows, about = np.divmod(np.arange(200 * 200), 200)
    shown = PlainView(rows, np.zeros((len(rows), 0)), np.ones((len(rows), 2), bool), (), ("no", "yes"), about)
    named = decision_ids(ids, shown)
    assert len(np.unique(named)) == len(named)
    said = choose(9, "choose fine", 1, ids, shown, np.log(np.full((len(rows), 2), 0.5))).reshape(200, 200)
    assert said.mean() == pytest.approx(0.5, abs=0.015)
    assert abs(np.corrcoef(said[:100].ravel(), said[100:].ravel())[0, 1]) < 0.03
    assert abs(np.corrcoef(said.ravel(), said.T.ravel())[0, 1]) < 0.03


@pytest.mark.parametrize("spread", [0.1, 3.0, 60.0, 3000.0])
def test_a_long_list_is_drawn_as_if_all_its_noise_had_been_made(spread):
    """Narrow choices and flat ones, options that are not on offer, few members and many: the plain argmax."""
    rng = np.random.default_rng(8)
    for count, width in ((3, 40), (500, 101), (400, 201)):
        logp = -spread * rng.random((count, width)) * np.linspace(0, 1, width) ** rng.integers(-1, 3)
        logp[rng.random((count, width)) < 0.2] = -np.inf
        ids = rng.integers(0, 10**9, count)
        shown = PlainView(
            np.arange(count), np.zeros((count, 0)), np.ones((count, width), bool), (), ("a",) * width
        )
        luck = noise.gumbel(11, "choose", 3, ids, width)
        assert np.array_equal(choose(11, "choose", 3, ids, shown, logp), (logp + luck).argmax(axis=1))


def test_the_noise_of_two_options_differs_by_less_than_what_is_left_out():
    ends = np.array([0.5, 2.0**52 - 0.5]) * 2.0**-52
    low, high = -np.log(-np.log(ends))
    assert high - low < SPAN
