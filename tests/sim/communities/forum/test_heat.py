"""The hotness of a recorded thread: planted, and found again from choices; without any it has the law's own."""

import numpy as np
import pytest
from scipy import stats

from windtunnel.sim.communities.forum.learned.heat import GRID, heat_of, log_hotness
from windtunnel.sim.noise_key import NoiseKey

NOTHING = np.empty(0)


def test_without_choices_it_is_the_gamma_law() -> None:
    found = heat_of(1.4, NOTHING, NOTHING.astype(bool))
    expected = stats.gamma(1.4, scale=1 / 1.4).cdf(np.exp(GRID[100:390]))
    assert found.below[100:390] == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("hot", [0.3, 8.0])
def test_a_planted_hotness_is_found_where_most_or_few_choose_the_thread(hot) -> None:
    rng = np.random.default_rng(0)
    odds = rng.lognormal(-0.5, 1.0, 600)
    taken = rng.random(600) < hot * odds / (1 + hot * odds)
    found = heat_of(1.4, odds, taken)
    low, high = np.interp([0.005, 0.995], found.below, GRID)
    assert low < np.log(hot) < high and high - low < 1
    luck = [log_hotness(found, NoiseKey(key), 7) for key in range(200)]
    assert np.mean(luck) == pytest.approx(found.mean, abs=0.05)
    assert luck[3] == log_hotness(found, NoiseKey(3).redrawn(5, 1), 7), "other luck after a fork leaves it"
