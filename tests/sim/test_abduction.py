"""Noise that is inferred from a choice gives that choice again, and is distributed as noise given the choice is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from windtunnel.sim import noise
from windtunnel.sim.abduction import posterior_gumbels, posterior_uniform


def prior(rows: int, options: int, purpose: str = "test") -> np.ndarray:
    return noise.gumbel(11, purpose, 0, np.arange(rows), options)


@settings(max_examples=60)
@given(
    st.lists(st.floats(-700, 0), min_size=2, max_size=8),
    st.integers(0, 7),
    st.integers(0, 2**32),
)
def test_the_option_taken_is_chosen_again_however_unlikely_it_was(logp, taken, key):
    row = np.array([logp])
    taken = np.array([taken % len(logp)])
    luck = posterior_gumbels(row, taken, noise.gumbel(key, "test", 0, np.arange(1), len(logp)))
    assert np.isfinite(luck).all()
    assert (row + luck).argmax(axis=1)[0] == taken[0]


def test_options_that_were_not_on_offer_keep_their_prior_noise():
    logp = np.array([[np.log(0.4), -np.inf, np.log(0.6)]])
    before = prior(1, 3)
    after = posterior_gumbels(logp, np.array([2]), before)
    assert after[0, 1] == before[0, 1]
    with pytest.raises(ValueError, match="not on offer"):
        posterior_gumbels(logp, np.array([1]), before)


def test_drawing_a_choice_and_inferring_its_noise_gives_back_standard_gumbels():
    rows = 40_000
    logp = np.broadcast_to(np.log([0.7, 0.2, 0.1]), (rows, 3))
    taken = (logp + prior(rows, 3, "choice")).argmax(axis=1)
    luck = posterior_gumbels(logp, taken, prior(rows, 3, "second"))
    for column in range(3):  # Kolmogorov-Smirnov against the standard Gumbel law
        value = np.sort(np.exp(-np.exp(-luck[:, column])))
        gap = np.abs(value - (np.arange(rows) + 0.5) / rows).max()
        assert gap < 1.95 / np.sqrt(rows)  # one in a thousand
    assert abs(np.corrcoef(luck.T)[0, 1]) < 0.02


def test_inferred_noise_agrees_with_rejection_of_prior_noise():
    logp = np.log([[0.5, 0.3, 0.2]])
    rows = 60_000
    luck = prior(rows, 3, "reject")
    kept = luck[(logp + luck).argmax(axis=1) == 2]
    inferred = posterior_gumbels(
        np.repeat(logp, len(kept), 0), np.full(len(kept), 2), prior(len(kept), 3, "fresh")
    )
    for column in range(3):
        one, two = np.sort(kept[:, column]), np.sort(inferred[:, column])
        both = np.sort(np.concatenate([one, two]))
        gap = np.abs(np.searchsorted(one, both, "right") - np.searchsorted(two, both, "right")).max() / len(
            kept
        )
        assert gap < 1.95 * np.sqrt(2 / len(kept))


def test_uniforms_are_cut_off_where_activity_was_seen():
    chance = np.full(1000, 0.3)
    active = np.arange(1000) < 400
    found = posterior_uniform(noise.uniform(3, "u", 0, np.arange(1000)), chance, active)
    assert (found[active] < 0.3).all() and (found[~active] >= 0.3).all()
