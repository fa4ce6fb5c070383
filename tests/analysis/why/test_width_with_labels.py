"""The width that labels would leave, foretold by readings in pairs: against laws whose answer is known."""

from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.why.forum import tones
from windtunnel.analysis.why.forum.label_width import Width, width_with_labels
from windtunnel.analysis.why.forum.tones import Errors, drawn_again, measured, to_label, tone_sensitivity
from windtunnel.sim.communities.forum.posts import TONES

NOTHING = Width(None, None, None)


@pytest.mark.parametrize(("labelled", "rest"), [(1.0, 1.0), (3.0, 1.0), (0.0, 1.0), (1.0, 0.0)])
def test_the_range_goes_with_the_root_of_the_variance_that_labels_leave(labelled, rest):
    """Shares are sums of what the labelled posts and the others do: labels leave the others' part of the variance."""
    rng = np.random.default_rng(0)
    same = rng.normal(0, labelled**0.5, 4_000)
    pairs = [tuple(each) for each in (same[:, None] + rng.normal(0, rest**0.5, (4_000, 2))).tolist()]
    told = width_with_labels(pairs, 0.4).about
    assert told == pytest.approx(0.4 * (rest / (labelled + rest)) ** 0.5, abs=0.01)


def test_two_pairs_tell_nothing_and_no_spread_stays_none():
    assert width_with_labels([(0.1, 0.3), (0.2, 0.4)], 0.3) == NOTHING
    assert width_with_labels([(0.5, 0.5)] * 4, 0.0).about == 0
    assert width_with_labels([(0.0, 1.0), (1.0, 0.0), (0.0, 1.0)], 1.0).about == 1


def test_pairs_that_agree_in_few_futures_do_not_promise_certainty():
    pairs = [(0.5, 0.5)] * 7 + [(0.75, 0.75)]
    assert width_with_labels(pairs, 0.25).about == 0
    some, more = (width_with_labels(pairs, 0.25, doubt) for doubt in (0.4, 1.0))
    assert 0.1 < some.about < more.about < 0.25
    assert some.low <= some.about <= some.high and some.high > 0.25


def test_with_every_doubtful_post_labelled_nothing_is_left():
    assert width_with_labels([], 0.5, doubt=0.0) == Width(0, 0, 0)


POSTS = 7


@dataclass
class Few:
    """A thread of seven posts that a reader doubts; the share is a law of its tones."""

    root: int = 0
    numbers: np.ndarray = field(default_factory=lambda: np.arange(1, POSTS + 1))
    labelled: np.ndarray = field(default_factory=lambda: np.zeros(POSTS, bool))
    tone: np.ndarray = field(default_factory=lambda: np.zeros(POSTS, int))
    acts: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(
            {"post": range(1, POSTS + 1), "tone": ["heated"] * POSTS, "text": ["x"] * POSTS}
        )
    )

    def with_tones(self, tone, acts):
        return replace(self, tone=tone, acts=acts)


HOT = np.array([0.5, 0.45, 0.4, 0.3, 0.25, 0.2, 0.1])  # heated by what the reader says; civil else
MOVES = np.array([1, 3, 2, 4, 1, 2, 3]) / 16


def share(heated):
    """A law of the tones: each moves the share, the first two together once more."""
    return np.atleast_2d(heated) @ MOVES * 0.9 + 0.1 * np.atleast_2d(heated)[:, :2].all(axis=1)


def is_one(heated):
    return np.atleast_2d(heated).sum(axis=1) >= 2


def exact(labels, readings):
    """The mean range of so many readings after the first `labels` were labelled, by every pattern of tones there is; only where all
    of it is an incident."""
    every = np.array(list(product([False, True], repeat=POSTS)))
    chance = np.where(every, HOT, 1 - HOT).prod(axis=1) * is_one(every)
    chance /= chance.sum()
    total = 0.0
    for pattern in product([False, True], repeat=labels):
        here = (every[:, :labels] == pattern).all(axis=1)
        if not (weight := chance[here].sum()):
            continue
        order = np.argsort(share(every[here]), kind="stable")
        value, p = share(every[here])[order], chance[here][order] / weight
        below = p.cumsum()
        least = 1 - (1 - below).clip(0) ** readings
        total += weight * (np.diff(below**readings, prepend=0) - np.diff(least, prepend=0)) @ value
    return total


@pytest.fixture
def asked(monkeypatch):
    """The oracle in the place of simulated futures and of the rule; the rest is what `why` runs."""
    said = {"table": {"n10": 1}}
    monkeypatch.setattr(tones, "_asked", lambda cases, *_: [said | {"estimate": {"est": float(share(case.tone == 1)[0])}} for case in cases])  # fmt: skip
    monkeypatch.setattr(tones, "has_it", lambda case, question, some: np.array([is_one(one.tone == 1)[0] for one in some], bool))  # fmt: skip
    monkeypatch.setattr(tones, "errors_of", lambda case: Errors(measured().truth, 0, "", GIVEN))
    monkeypatch.setattr(tones, "_wordless", lambda case: 0)
    monkeypatch.setattr(tones, "READINGS", 24)
    return lambda root, labels: tone_sensitivity(Few(root), None, None, draws=8, futures=1, labels=labels)


GIVEN = np.column_stack([1 - HOT, HOT, np.zeros(POSTS)])


@pytest.mark.parametrize("labels", [2, 5])
def test_the_width_foretold_is_on_average_the_one_that_comes_by_every_pattern_of_tones(asked, labels):
    found = [asked(root, labels) for root in range(30)]
    before, after = exact(0, 8), exact(labels, 8)
    widths = np.array([[one["high"] - one["low"], one["width_with_labels"]["about"]] for one in found])
    error = widths.std(axis=0) / len(found) ** 0.5
    assert abs(widths[:, 0].mean() - before) < 4 * error[0]
    assert abs(widths[:, 1].mean() - after) < 4 * error[1] + 0.1 * after
    assert all(one["to_label"] == labels and one["incident"] == 8 for one in found)
    assert after < 0.95 * before


def test_a_label_for_each_post_leaves_nothing(asked):
    found = asked(0, 30)
    assert found["to_label"] == found["in_doubt"] == POSTS
    assert found["width_with_labels"]["about"] == 0 and not found["paired"]


def test_posts_in_doubt_come_first_and_pairs_share_their_tones():
    case, errors = Few(), Errors(measured().truth, 0, "", GIVEN)
    chosen = to_label(case, errors, 3)
    assert chosen.tolist() == [True] * 3 + [False] * 4
    one, two = (drawn_again(case, errors, 5, chosen, again).tone for again in (0, 1))
    assert (one[chosen] == two[chosen]).all()
    others = [drawn_again(case, errors, 5, chosen, again).tone for again in range(200)]
    hot = np.mean([each == TONES.index("heated") for each in others], axis=0)
    assert np.abs(hot[3:] - HOT[3:]).max() < 4 * (0.25 / 200) ** 0.5 and set(hot[:3]) <= {0.0, 1.0}
