"""The width that labels would leave, foretold by readings in pairs: against a law whose answer is known."""

import numpy as np
import pytest

from windtunnel.analysis.why.forum.tones import width_with_labels


@pytest.mark.parametrize(("labelled", "rest"), [(1.0, 1.0), (3.0, 1.0), (0.0, 1.0), (1.0, 0.0)])
def test_the_range_goes_with_the_root_of_the_variance_that_labels_leave(labelled, rest):
    """Shares are sums of what the labelled posts and the others do: labels leave the others' part of the variance."""
    rng = np.random.default_rng(0)
    same = rng.normal(0, labelled**0.5, 4_000)
    pairs = [tuple(each) for each in (same[:, None] + rng.normal(0, rest**0.5, (4_000, 2))).tolist()]
    told = width_with_labels(pairs, 0.4)
    assert told == pytest.approx(0.4 * (rest / (labelled + rest)) ** 0.5, abs=0.01)


def test_two_pairs_tell_nothing_and_no_spread_stays_none():
    assert width_with_labels([(0.1, 0.3), (0.2, 0.4)], 0.3) is None
    assert width_with_labels([(0.5, 0.5)] * 4, 0.0) == 0
    assert width_with_labels([(0.0, 1.0), (1.0, 0.0), (0.0, 1.0)], 1.0) == 1


def test_pairs_that_agree_in_few_futures_do_not_promise_certainty():
    pairs = [(0.5, 0.5)] * 7 + [(0.75, 0.75)]
    assert width_with_labels(pairs, 0.25) == 0
    assert 0.1 < width_with_labels(pairs, 0.25, step=1 / 4) < width_with_labels(pairs, 0.25, step=1) == 0.25
