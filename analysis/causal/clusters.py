"""A share whose rate differs from draw to draw: limits of the mean rate, and how alike runs of one draw may be.

Every draw has a rate of its own, from a beta law of mean m and intraclass correlation r; its trials are then
binomial (Williams 1975). Few draws that hold an event say little of r, so r is averaged over what the counts leave
possible, never put at its estimate: that is where an interval by the observed spread fails. The prior is Beta(c, c) for m,
c from .35 (10 draws or fewer) to .52 (30 or more), and Beta(.5, 2.2 - 4.4 m (1 - m)) for r. It was searched on the
grid of `bench/coverage.py`, so that the limits hold there as often as they say: a device for coverage, not a belief.
"""

from typing import Any

import numpy as np

ALIKE = np.array([0, 0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.26, 0.33, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
"""Intraclass correlations that are averaged over."""
_BETWEEN = np.concatenate([[0], (ALIKE[1:] + ALIKE[:-1]) / 2, [1]])
_POINTS = 64
_NEGLIGIBLE = 1e-7


def rate_limits(hits: Any, trials: Any, confidence: float = 0.95) -> tuple[float, float]:
    """Limits of the mean rate from each draw's hits and trials; without a hit (a miss) the low (high) end is 0 (1)."""
    edges, weights = posterior(hits, trials)
    return limits_of(edges, weights.sum(0), np.sum(hits), np.sum(trials), confidence)


def limits_of(
    edges: np.ndarray, weights: np.ndarray, hits: float, trials: float, confidence: float
) -> tuple[float, float]:
    """Both quantiles of a law over angles, as rates."""
    reached = np.concatenate([[0], np.cumsum(weights)]) / weights.sum()
    tail = (1 - confidence) / 2
    low, high = np.sin(np.interp([tail, 1 - tail], reached, edges)) ** 2
    return (0.0 if hits == 0 else float(low)), (1.0 if hits == trials else float(high))


def correlation_quantile(hits: Any, trials: Any, chance: float) -> float:
    """The intraclass correlation that the counts put above the true one with this chance."""
    reached = np.concatenate([[0], np.cumsum(posterior(hits, trials)[1].sum(1))])
    return float(np.interp(chance, reached / reached[-1], _BETWEEN))


def posterior(hits: Any, trials: Any) -> tuple[np.ndarray, np.ndarray]:
    """Edges of cells of the angle asin(sqrt(m)), and what the counts leave each: (correlations, cells)."""
    kinds, often = np.unique(np.column_stack([hits, trials]), axis=0, return_counts=True)
    edges = np.linspace(0, np.pi / 2, _POINTS + 1)
    for _ in range(2):  # the second time only where anything is left
        weights = _weighed(_likelihood(kinds, often, middles(edges)) + np.log(prior(edges, int(often.sum()))))
        left = np.flatnonzero(weights.sum(0) > _NEGLIGIBLE)
        found = edges, weights
        edges = np.linspace(edges[left[0]], edges[left[-1] + 1], _POINTS + 1)
    return found


def middles(edges: np.ndarray) -> np.ndarray:
    """The rate in the middle of each cell."""
    return np.asarray(np.sin((edges[1:] + edges[:-1]) / 2) ** 2)


def prior(edges: np.ndarray, draws: int) -> np.ndarray:
    """Prior weight (correlations, cells): see the head of this file."""
    from scipy.special import betainc

    rate, power = middles(edges), 0.35 + 0.17 * min(max((draws - 10) / 20, 0), 1)
    mass = np.diff(betainc(power, power, np.sin(edges) ** 2))
    alike = np.diff(betainc(0.5, 2.2 - 4.4 * rate * (1 - rate), _BETWEEN[:, None]), axis=0)
    return np.asarray(np.maximum(mass * alike, 1e-300))


def log_likelihood(hits: Any, trials: Any, rate: np.ndarray) -> np.ndarray:
    """Of each draw (first axis) at each correlation of `ALIKE` and rate; the binomial coefficient is left out."""
    from scipy.special import gammaln

    k, n = (np.asarray(values, float)[:, None] for values in (hits, trials))
    found = np.empty((len(k), len(ALIKE), len(rate)))
    found[:, 0] = k * np.log(rate) + (n - k) * np.log1p(-rate)
    for place, alike in enumerate(ALIKE[1:], 1):
        total = 1 / alike - 1
        a, b = rate * total, (1 - rate) * total
        found[:, place] = gammaln(k + a) - gammaln(a) + gammaln(n - k + b) - gammaln(b)
        found[:, place] += gammaln(total) - gammaln(n + total)
    return found


def _likelihood(kinds: np.ndarray, often: np.ndarray, rate: np.ndarray) -> np.ndarray:
    return np.asarray(np.tensordot(often, log_likelihood(kinds[:, 0], kinds[:, 1], rate), axes=1))


def _weighed(logs: np.ndarray) -> np.ndarray:
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum())
