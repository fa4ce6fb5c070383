"""A community's own labels: which posts to label, what they say about a reader, and a reader that is corrected by them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from windtunnel.analysis.causal.intervals import wilson
from windtunnel.analysis.tones.reader import Error, Reader
from windtunnel.sim.communities.forum.posts import TONES

SPREAD = 1.5
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

    Weights are scaled to the number of labels; a normal prior keeps few labels from moving much. Rows without probabilities are left out.
    """
    from scipy.optimize import minimize

    known = ~np.isnan(probabilities).any(axis=1)
    truth = np.array([TONES.index(label) for label in labels])[known]
    weight = np.array(weights, float)[known]
    if not len(truth):
        return np.zeros(2)
    weight *= len(weight) / weight.sum()
    log_odds = np.log(np.maximum(probabilities[known], 1e-9))

    def cost(shift: np.ndarray) -> float:
        moved = log_odds + np.array([0.0, *shift])
        likely = moved[np.arange(len(truth)), truth] - np.logaddexp.reduce(moved, axis=1)
        return float(-(weight * likely).sum() + (shift**2).sum() / (2 * SPREAD**2))

    return np.asarray(minimize(cost, np.zeros(2)).x)


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
