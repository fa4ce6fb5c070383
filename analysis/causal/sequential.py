"""Evidence and intervals that stay valid however often one looks: each community draw makes one bounded bet.

Seeds of one draw are alike, so a draw is one observation: `top` and `bottom`, the sums over its pairs of a
numerator and a denominator, both divided by the pairs of a full draw, with 0 <= top <= bottom <= 1. To test
E[top] = p E[bottom], a gambler who believes q multiplies her wealth at every draw by

    (1 - bottom) + top q / p + (bottom - top) (1 - q) / (1 - p)

whose mean is 1 under the hypothesis, whatever the spread between draws: a test martingale. The wealth here is
its average over the arcsine prior of q (Ville 1939; Waudby-Smith & Ramdas 2024, "Estimating means of bounded
random variables by betting"). With single pairs as draws it is the beta-binomial mixture of the sequential
McNemar and binomial tests. It does not depend on the order of the draws; it is log-convex in p, so the values
that it does not reject form an interval; and at the estimate it is at most 1, so the interval holds the estimate.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from windtunnel.analysis.causal.intervals import UNDEFINED, Estimate

NODES = 128
"""Beliefs that share the stake. Any number gives a valid test; with this one the average is exact to 255 draws."""
_BELIEFS = 0.5 + 0.5 * np.cos((2 * np.arange(1, NODES + 1) - 1) * np.pi / (2 * NODES))
_HALVINGS = 40


def by_draw(
    hits: Any, of: Any, draw: Any = None, pairs_a_draw: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """`top` and `bottom` of each draw, in order of its label, from flags over pairs.

    `pairs_a_draw` is how many pairs a full draw has, as declared; None takes the largest. Without `draw` each
    pair is a draw of its own.
    """
    of = np.asarray(of, bool)
    hits = np.asarray(hits, float) * of
    labels = np.arange(len(of)) if draw is None else np.unique(np.asarray(draw), return_inverse=True)[1]
    full = pairs_a_draw or int(np.bincount(labels).max(initial=1))
    return np.bincount(labels, hits) / full, np.bincount(labels, of) / full


def log_evidence(top: Any, bottom: Any, p: float) -> np.ndarray:
    """Logarithm of the wealth against E[top] = p E[bottom] after each draw (last axis); 0 < p < 1.

    Wealth of 1/alpha or more, at any time, has probability alpha at most where the hypothesis holds.
    """
    top, bottom = (np.asarray(values, float)[..., None] for values in (top, bottom))
    factors = (1 - bottom) + top * (_BELIEFS / p) + (bottom - top) * ((1 - _BELIEFS) / (1 - p))
    with np.errstate(divide="ignore"):  # a belief that was ruled out has lost its stake
        each = np.cumsum(np.log(np.maximum(factors, 0)), axis=-2)
    return np.logaddexp.reduce(each, axis=-1) - np.log(NODES)


def evidence(y0: Any, y1: Any, draw: Any = None, pairs_a_draw: int | None = None) -> float:
    """Wealth of the bet that the arms' rates are not equal: 20 or more at level 0.05. 1 where nothing was seen.

    >>> round(evidence([1] * 15 + [0] * 3, [0] * 15 + [1] * 3), 3)
    14.503
    """
    top, bottom = _difference(y0, y1, draw, pairs_a_draw)
    return float(np.exp(log_evidence(top, bottom, 0.5)[-1])) if len(top) else 1.0


def anytime_share(
    hits: Any, of: Any, draw: Any = None, confidence: float = 0.95, pairs_a_draw: int | None = None
) -> Estimate:
    """The share of `of` that are `hits`, with an interval that holds at every look at once.

    >>> [round(limit, 4) for limit in anytime_share([1] * 40 + [0] * 10, [1] * 50)[1:]]
    [0.5858, 0.9366]
    """
    top, bottom = by_draw(hits, of, draw, pairs_a_draw)
    return _interval(top, bottom, confidence)


def anytime_difference(
    y0: Any, y1: Any, draw: Any = None, confidence: float = 0.95, pairs_a_draw: int | None = None
) -> Estimate:
    """p1 - p0 over pairs of 0/1 outcomes, with an interval that holds at every look at once."""
    found = _interval(*_difference(y0, y1, draw, pairs_a_draw), confidence)
    if found.est is None or found.low is None or found.high is None:
        return found
    return Estimate(2 * found.est - 1, 2 * found.low - 1, 2 * found.high - 1)


def _difference(y0: Any, y1: Any, draw: Any, pairs_a_draw: int | None) -> tuple[np.ndarray, np.ndarray]:
    """The difference of twins as a share: (1 + y1 - y0) / 2 of every pair."""
    half = (1 + np.asarray(y1, float) - np.asarray(y0, float)) / 2
    return by_draw(half, np.ones(len(half), bool), draw, pairs_a_draw)


def _interval(top: np.ndarray, bottom: np.ndarray, confidence: float) -> Estimate:
    """The values of p that the draws do not reject, by halving on each side of the estimate."""
    if bottom.sum() <= 0:
        return UNDEFINED
    est = float(min(top.sum() / bottom.sum(), 1.0))
    limit = -np.log1p(-confidence)

    def rejected(p: float) -> bool:
        return bool(log_evidence(top, bottom, p)[-1] >= limit)

    return Estimate(est, _edge(est, 0.0, rejected), _edge(est, 1.0, rejected))


def _edge(inside: float, outside: float, rejected: Callable[[float], bool]) -> float:
    """Where rejection begins between a value that is kept and the end of the scale."""
    if inside == outside:
        return outside
    end = outside
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        if rejected(middle):
            outside = middle
        else:
            inside = middle
    return end if abs(outside - end) < 1e-9 else outside
