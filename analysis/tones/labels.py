"""A community's own labels: which posts to label, what they say about a reader, and a reader that is corrected by them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from windtunnel.analysis.causal.intervals import wilson
from windtunnel.analysis.tones.reader import Error, Reader
from windtunnel.sim.communities.forum.posts import TONES

SPREAD = 2.5
"""How far labels are expected to move the log-odds of a tone, as the standard deviation of a normal prior around no move."""


class Sample(NamedTuple):
    """Posts to label, in the order to show them, and how many posts of the record each stands for."""

    posts: list[int]
    weights: list[float]


def sample(posts: pl.DataFrame, count: int, rng: np.random.Generator) -> Sample:
    """Half of the posts among those that are suspected (called heated or hostile), the others among the rest, shuffled.

    `posts` has post, tone and text; only posts that were read are drawn. Fewer suspected ones than half: all of them.
    """
    read = posts.drop_nulls(["tone", "text"])
    if "labelled" in read.columns:
        read = read.filter(~pl.col("labelled").fill_null(False))
    suspected = read.filter(pl.col("tone") != "civil")["post"].to_numpy()
    rest = read.filter(pl.col("tone") == "civil")["post"].to_numpy()
    some = min(len(suspected), max(count // 2, count - len(rest)))
    others = min(len(rest), count - some)
    chosen = [*rng.choice(suspected, some, replace=False), *rng.choice(rest, others, replace=False)]
    weights = [len(suspected) / max(some, 1)] * some + [len(rest) / max(others, 1)] * others
    order = rng.permutation(len(chosen))
    return Sample([int(chosen[row]) for row in order], [weights[row] for row in order])


class Found(NamedTuple):
    """Of one tone: how many labelled posts had it, how many were called it, precision and recall with 95 % limits (None: no case)."""

    tone: str
    labelled: int
    called: int
    precision: tuple[float, float, float] | None
    recall: tuple[float, float, float] | None


def measured(heard: Sequence[str], labels: Sequence[str], weights: Sequence[float]) -> list[Found]:
    """What labels say of a reader's tones, each post counted for as many as it stands for.

    Limits are Wilson's (1927) for the effective number of posts (Kish 1965).
    """
    said, true, weight = np.array(heard), np.array(labels), np.array(weights, float)
    return [
        Found(
            tone,
            int((true == tone).sum()),
            int((said == tone).sum()),
            weighted_share((true == tone)[said == tone], weight[said == tone]),
            weighted_share((said == tone)[true == tone], weight[true == tone]),
        )
        for tone in TONES
    ]


def weighted_share(hits: np.ndarray, weight: np.ndarray) -> tuple[float, float, float] | None:
    """The share of `hits` (bool, or chances), each weighing so much, with 95 % limits of Wilson (1927) for the effective number
    of posts (Kish 1965); None where there are none."""
    if not len(hits):
        return None
    share = float((hits * weight).sum() / weight.sum())
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    return share, *wilson(share * effective, effective)


def shift_of(probabilities: np.ndarray, labels: Sequence[str], weights: Sequence[float]) -> np.ndarray:
    """By how much the log-odds of heated and of hostile (against civil) are to be moved so that the labels are likeliest.

    Which posts are labelled hangs on what the reader said of them, and given that they speak for themselves; a reader that is not
    quite right wants them weighed for how they were drawn. Between the two each counts for the root of its weight, and all
    together for their number. A normal prior keeps few labels from moving much. Rows without probabilities are left out.
    """
    from scipy.optimize import minimize

    log_odds, truth, weight = _known(probabilities, labels, weights)
    if not len(truth):
        return np.zeros(2)

    def cost(shift: np.ndarray) -> float:
        moved = log_odds + np.array([0.0, *shift])
        likely = moved[np.arange(len(truth)), truth] - np.logaddexp.reduce(moved, axis=1)
        return float(-(weight * likely).sum() + (shift**2).sum() / (2 * SPREAD**2))

    return np.asarray(minimize(cost, np.zeros(2)).x)


def _known(
    probabilities: np.ndarray, labels: Sequence[str], weights: Sequence[float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the labelled posts that have probabilities: their logarithms (n, 3), the labels (n,) and what each counts for (n,)."""
    known = ~np.isnan(probabilities).any(axis=1)
    weight = np.array(weights, float)[known] ** 0.5
    truth = np.array([TONES.index(label) for label in labels], int)[known]
    return (
        np.log(np.maximum(probabilities[known], 1e-9)),
        truth,
        weight * len(weight) / max(weight.sum(), 1e-9),
    )


def doubt_of(
    probabilities: np.ndarray, labels: Sequence[str], weights: Sequence[float], shift: np.ndarray
) -> np.ndarray:
    """The covariance (2, 2) of `shift_of` over labels, robust to weights that are unlike (Huber 1967)."""
    log_odds, _, weight = _known(probabilities, labels, weights)
    moved = shifted(np.exp(log_odds), shift)[:, 1:]

    def information(by: np.ndarray) -> np.ndarray:
        each = moved[:, :, None] * (np.eye(2) - moved[:, None, :])
        return np.asarray(np.eye(2) / SPREAD**2 + (by[:, None, None] * each).sum(axis=0))

    inverse = np.linalg.inv(information(weight))
    return np.asarray(inverse @ information(weight**2) @ inverse)


def shares_with_limits(
    probabilities: np.ndarray, shift: np.ndarray, doubt: np.ndarray
) -> list[tuple[float, float, float]]:
    """The expected share of each tone once the log-odds are moved, with 95 % limits of the labels' chance (delta method, on log-odds);
    posts whose tone is certain are bounds besides."""
    moved = shifted(probabilities[~np.isnan(probabilities).any(axis=1)], shift)
    share = moved.mean(axis=0).clip(1e-9, 1 - 1e-9)
    slope = np.stack([(moved * (np.eye(3)[one] - moved[:, [one]])).mean(axis=0) for one in (1, 2)], axis=1)
    error = np.sqrt(np.einsum("kj,jl,kl->k", slope, doubt, slope))
    logit, apart = np.log(share / (1 - share)), 1.96 * error / (share * (1 - share))
    low, high = (1 / (1 + np.exp(-(logit + side * apart))) for side in (-1, 1))
    certain = (moved > 1 - 1e-9).mean(axis=0)
    low, high = np.maximum(low, certain), np.minimum(high, 1 - certain.sum() + certain)
    return [(float(share[k]), float(low[k]), float(high[k])) for k in range(3)]


def shifted(probabilities: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """The probabilities with the log-odds of heated and hostile moved.

    >>> shifted(np.array([[.8, .1, .1]]), np.log([8., 1.])).round(2).tolist()
    [[0.47, 0.47, 0.06]]
    """
    odds = probabilities * np.exp([0.0, *shift])
    return odds / odds.sum(axis=1, keepdims=True)


class LabelsReader:
    """Another reader, corrected by a community's labels (`shift_of`)."""

    def __init__(self, reader: Reader, shift: np.ndarray, count: int) -> None:
        self.name, self.version = "labels", f"{reader.name} {reader.version} moved by {count} labels"
        self.languages, self.base = reader.languages, shifted(reader.base[None], shift)[0]
        self.error: Error | None = None
        self._reader, self._shift = reader, shift

    def read(self, texts: Sequence[str]) -> np.ndarray:
        """Probabilities of civil, heated and hostile, one row a post."""
        return shifted(self._reader.read(texts), self._shift)


def words_of(found: Sequence[Found]) -> list[Mapping[str, str]]:
    """Rows of a table for people."""
    return [
        {
            "tone": each.tone,
            "labelled": str(each.labelled),
            "called": str(each.called),
            "precision": _limits(each.precision),
            "recall": _limits(each.recall),
        }
        for each in found
    ]


def _limits(share: tuple[float, float, float] | None) -> str:
    return "no case" if share is None else f"{share[0]:.2f} [{share[1]:.2f}, {share[2]:.2f}]"


def shares_words(shares: Sequence[tuple[float, float, float]]) -> str:
    """Expected shares in a sentence."""
    each = ", ".join(
        f"{tone} {share:.3f} [{low:.3f}, {high:.3f}]"
        for tone, (share, low, high) in zip(TONES, shares, strict=True)
    )
    return f"Shares of all posts that were read, as your labels move what was expected (95 % limits): {each}."
