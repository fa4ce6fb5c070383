import numpy as np
import pytest
from scipy.stats import chisquare, kstest

from windtunnel.sim import noise

MANY = 1_000_000
IDS = np.arange(MANY)
FAR = 5 / np.sqrt(MANY)
"""Five standard errors of a correlation among independent draws."""

ADDRESSES = {
    "base": (7, "order", 3),
    "next seed": (8, "order", 3),
    "next step": (7, "order", 4),
    "next purpose": (7, "orders", 3),
    "another world's key": (noise.key(0, 0, 1), "order", 3),
}


def bits(key: int, purpose: str, step: int, member: int) -> float:
    """One uniform by plain integers: splitmix64's finaliser over the address, as the docstring tells it."""
    import hashlib

    mask, golden = (1 << 64) - 1, 0x9E3779B97F4A7C15

    def mix(z: int) -> int:
        z &= mask
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & mask
        return z ^ z >> 31

    name = int.from_bytes(hashlib.blake2b(purpose.encode(), digest_size=8).digest(), "little")
    start = mix(mix(mix(key) ^ name) + (step + 1) * golden)
    return ((mix(start + member * golden) >> 12) + 0.5) / 2**52


def test_a_draw_equals_the_same_address_in_plain_integers():
    ids = np.array([0, 1, 12, 999_999, 5 * 10**9 + 3, 10**15])
    drawn = noise.uniform(2**63 + 5, "attend", 17, ids)
    assert drawn.tolist() == [bits(2**63 + 5, "attend", 17, int(one)) for one in ids]


def test_splitmix64_reference_values():
    """The first outputs of splitmix64 seeded with 1234567, as its authors' C code prints them."""
    state = np.arange(1, 4).astype(np.uint64)
    noise._mix(state, np.uint64(1234567))
    assert state.tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_members_more_or_fewer_or_in_another_order_move_no_draw():
    few, many = (noise.uniform(7, "order", 3, np.arange(n)) for n in (10, 40_000))
    assert np.array_equal(few, many[:10])
    shuffled = np.array([5, 2, 9, 2])
    assert np.array_equal(noise.uniform(7, "order", 3, shuffled), many[shuffled])
    assert np.array_equal(noise.uniform(7, "order", 3, shuffled.reshape(2, 2)).ravel(), many[shuffled])


def test_options_more_or_fewer_move_no_other_options_noise():
    members = np.arange(3_000)
    full = noise.gumbel(7, "choose", 3, members, 11)
    assert np.array_equal(noise.gumbel(7, "choose", 3, members, np.array([4, 0, 10])), full[:, [4, 0, 10]])
    own = np.stack([members % 11, (members + 5) % 11], axis=1)
    assert np.array_equal(noise.gumbel(7, "choose", 3, members, own), np.take_along_axis(full, own, axis=1))
    assert np.array_equal(noise.gumbel(7, "choose", 3, members[5:9], 11), full[5:9])


def test_no_ids_give_no_draws():
    assert noise.uniform(1, "x", 0, np.empty(0, int)).shape == (0,)
    assert noise.gumbel(1, "x", 0, np.empty(0, int), 3).shape == (0, 3)


@pytest.mark.parametrize("where", ADDRESSES)
def test_draws_are_uniform_in_the_open_interval(where):
    drawn = noise.uniform(*ADDRESSES[where], IDS)
    assert drawn.min() > 0 and drawn.max() < 1 and drawn.dtype == np.float64
    assert kstest(drawn, "uniform").pvalue > 1e-4
    assert len(np.unique(drawn)) > MANY - 3


@pytest.mark.parametrize("where", [name for name in ADDRESSES if name != "base"])
def test_neighbouring_addresses_are_independent(where):
    one, two = noise.uniform(*ADDRESSES["base"], IDS), noise.uniform(*ADDRESSES[where], IDS)
    assert abs(np.corrcoef(one, two)[0, 1]) < FAR
    table = np.histogram2d(one, two, bins=16, range=[[0, 1], [0, 1]])[0]
    assert chisquare(table.ravel()).pvalue > 1e-4


@pytest.mark.parametrize("lag", [1, 2, 100, 4096])
def test_neighbouring_members_are_independent(lag):
    drawn = noise.uniform(*ADDRESSES["base"], IDS)
    assert abs(np.corrcoef(drawn[:-lag], drawn[lag:])[0, 1]) < FAR


def test_one_members_draws_over_keys_and_steps_are_uniform_and_independent():
    over_keys = np.array([noise.uniform(key, "x", 0, np.array([5]))[0] for key in range(20_000)])
    over_steps = np.array([noise.uniform(3, "x", step, np.array([5]))[0] for step in range(20_000)])
    for drawn in (over_keys, over_steps):
        assert kstest(drawn, "uniform").pvalue > 1e-4
        assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 5 / np.sqrt(len(drawn))


def test_ids_of_posts_and_newcomers_draw_as_well_as_small_ones():
    sparse = (np.arange(MANY) % 1000 + 10**9 * (np.arange(MANY) // 1000)) * 100_000 + 10
    assert kstest(noise.uniform(7, "appeal", 0, sparse), "uniform").pvalue > 1e-4


def test_gumbel_noise_is_standard_and_its_options_are_independent():
    drawn = noise.gumbel(7, "choose", 3, IDS, 3)
    for column in drawn.T:
        assert kstest(column, "gumbel_r").pvalue > 1e-4
    pairs = np.corrcoef(np.exp(-np.exp(-drawn)).T)
    assert np.abs(pairs[np.triu_indices(3, 1)]).max() < FAR


def test_gumbel_max_picks_options_as_often_as_their_probabilities_say():
    chance = np.array([0.5, 0.3, 0.15, 0.05])
    picked = (np.log(chance) + noise.gumbel(7, "choose", 3, IDS, 4)).argmax(axis=1)
    assert chisquare(np.bincount(picked, minlength=4), chance * MANY).pvalue > 1e-4


def test_twins_under_gumbel_noise_agree_23_times_in_30():
    """P(same option) = sum_i 1 / sum_j max(p_j/p_i, q_j/q_i), for (.5, .3, .2) and (.3, .5, .2) it is 23/30."""
    one, two = np.array([0.5, 0.3, 0.2]), np.array([0.3, 0.5, 0.2])
    exact = sum(1 / np.maximum(one / one[i], two / two[i]).sum() for i in range(3))
    assert exact == pytest.approx(23 / 30, abs=1e-12)
    luck = noise.gumbel(7, "choose", 3, IDS, 3)
    same = ((np.log(one) + luck).argmax(axis=1) == (np.log(two) + luck).argmax(axis=1)).mean()
    assert same == pytest.approx(23 / 30, abs=5 * np.sqrt(23 / 30 * 7 / 30 / MANY))


def test_with_two_options_a_likelier_one_is_never_given_up():
    luck = noise.gumbel(7, "choose", 3, IDS[:100_000], 2)
    less, more = ((np.log([p, 1 - p]) + luck).argmax(axis=1) == 0 for p in (0.3, 0.4))
    assert not (less & ~more).any()


def test_keys_tell_their_parts_apart():
    keys = {noise.key(root, draw, seed) for root in range(5) for draw in range(30) for seed in range(30)}
    assert len(keys) == 5 * 30 * 30
    assert noise.key("chance", 0, 1, 2) != noise.key("traits", 0, 1, 2)
    assert noise.key(1, 11) != noise.key(11, 1) and 0 <= noise.key("x") < 2**64
