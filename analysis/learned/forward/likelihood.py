"""The three likelihoods of the forward form, each with a small ridge: Poisson rates, choices, yes or no.

What one member does, or what happens in one thread, is not independent: where clusters are told, covariances are the sandwich of
the curvature and the scores summed by cluster (Liang & Zeger 1986), else the inverse of the curvature alone.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from windtunnel.analysis.learned.logit import clustered

RIDGE = 1.0
"""Precision of the normal prior at 0 of every coefficient but a constant."""
STEPS = 60
LEAST_CLUSTERS = 2
"""Clusters a coefficient from which on they say how sure the coefficients are. Chosen."""
CAP = 0.99
"""A term counts up to this quantile of its values at recorded acts."""


class Fitted(NamedTuple):
    """Coefficients, their standard errors, the log-likelihood without the prior, and `spread`: the lower triangle whose product with
    its transpose is the coefficients' covariance."""

    value: np.ndarray
    error: np.ndarray
    likelihood: float
    spread: np.ndarray | None = None


Curve = Callable[[np.ndarray], tuple[float, np.ndarray, np.ndarray]]
"""From coefficients to log-likelihood, gradient and information (minus the Hessian)."""
Scores = Callable[[np.ndarray], Sequence[tuple[np.ndarray, np.ndarray]]]
"""From coefficients to the gradient, in lots of rows: terms (n, k), and what each is weighed with (n,)."""


def poisson(
    events: np.ndarray,
    exposed: np.ndarray,
    hours: np.ndarray,
    clusters: tuple[np.ndarray, np.ndarray] | None = None,
) -> Fitted:
    """Rates exp(x beta) an hour: terms (e, k) at `events`, terms (n, k) of stretches and the hours of each (n,).

    `clusters`: of which cluster each event (e,) and each stretch (n,) is.
    """
    total = events.sum(axis=0)

    def curve(beta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        rate = hours * np.exp(np.minimum(exposed @ beta, 30))
        weighted = exposed * rate[:, None]
        return float(total @ beta - rate.sum()), total - weighted.sum(axis=0), exposed.T @ weighted

    start = np.zeros(events.shape[1])
    start[0] = np.log(max(len(events), 0.5) / max(hours.sum(), 1e-9))

    def scores(beta: np.ndarray) -> Sequence[tuple[np.ndarray, np.ndarray]]:
        return (events, np.ones(len(events))), (exposed, -hours * np.exp(np.minimum(exposed @ beta, 30)))

    return _newton(curve, scores, start, _precision(events.shape[1], constant=True), clusters)


def yes_or_no(terms: np.ndarray, yes: np.ndarray, clusters: np.ndarray | None = None) -> Fitted:
    """A logit: terms (n, k), the first a constant, what happened (n,) bool, and the cluster (n,) of each."""

    def curve(beta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        odds = terms @ beta
        chance = 1 / (1 + np.exp(-odds))
        like = float(np.where(yes, -np.logaddexp(0, -odds), -np.logaddexp(0, odds)).sum())
        return like, terms.T @ (yes - chance), (terms * (chance * (1 - chance))[:, None]).T @ terms

    def scores(beta: np.ndarray) -> Sequence[tuple[np.ndarray, np.ndarray]]:
        return ((terms, yes - 1 / (1 + np.exp(-(terms @ beta)))),)

    many = terms.shape[1]
    by = None if clusters is None else (clusters,)
    return _newton(curve, scores, np.zeros(many), _precision(many, constant=True), by)


def choices(
    options: Sequence[np.ndarray],
    taken: Sequence[int],
    offset: Sequence[np.ndarray] | None = None,
    begin: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
) -> Fitted:
    """A conditional logit (McFadden 1974): the terms (m, k) of each choice's options, and which was taken.

    `offset` (m,) is added to the score of each option; the search begins at `begin`; `clusters`: the cluster of each choice.
    """
    length = np.array([len(each) for each in options])
    start = np.cumsum(length) - length
    whose = np.repeat(np.arange(len(length)), length)
    table = np.concatenate(options)
    added = np.zeros(len(table)) if offset is None else np.concatenate(offset)
    at = start + np.array(taken)
    chosen, given = table[at], float(added[at].sum())

    def shares(beta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of the chances of all options: they times the options' terms, the mean terms of each choice, and the log of what they were over."""
        score = table @ beta + added
        top = np.maximum.reduceat(score, start)
        weight = np.exp(score - top[whose])
        total = np.add.reduceat(weight, start)
        weighted = table * (weight / total[whose])[:, None]
        return weighted, np.add.reduceat(weighted, start), top + np.log(total)

    def curve(beta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        weighted, mean, total = shares(beta)
        information = weighted.T @ table - mean.T @ mean
        return float((chosen @ beta - total).sum()) + given, (chosen - mean).sum(axis=0), information

    def scores(beta: np.ndarray) -> Sequence[tuple[np.ndarray, np.ndarray]]:
        return ((chosen - shares(beta)[1], np.ones(len(chosen))),)

    terms = table.shape[1]
    first = np.zeros(terms) if begin is None else begin
    by = None if clusters is None else (clusters,)
    return _newton(curve, scores, first, _precision(terms, constant=False), by)


def _precision(terms: int, *, constant: bool) -> np.ndarray:
    out = np.full(terms, RIDGE)
    if constant:
        out[0] = 1e-6
    return out


def _summed(lots: Sequence[tuple[np.ndarray, np.ndarray]], clusters: Sequence[np.ndarray]) -> np.ndarray:
    """Weighted sums (clusters, k) of lots of rows by the cluster of each row."""
    _, code = np.unique(np.concatenate(clusters), return_inverse=True)
    parts = np.split(code, np.cumsum([len(some) for some in clusters])[:-1])
    many = int(code.max(initial=-1)) + 1
    return np.add.reduce(
        [
            np.column_stack([np.bincount(part, weight * column, many) for column in rows.T])
            for part, (rows, weight) in zip(parts, lots, strict=True)
        ]
    )


def _newton(
    curve: Curve,
    scores: Scores,
    start: np.ndarray,
    precision: np.ndarray,
    clusters: Sequence[np.ndarray] | None,
) -> Fitted:
    """Newton's steps, halved until the penalised likelihood rises."""
    beta = start
    like, slope, information = curve(beta)
    goal = like - 0.5 * precision @ beta**2
    for _ in range(STEPS):
        step = np.linalg.solve(information + np.diag(precision), slope - precision * beta)
        size = 1.0
        while size > 1e-6:
            tried = beta + size * step
            like, slope, information = curve(tried)
            now = like - 0.5 * precision @ tried**2
            if now > goal - 1e-9:
                break
            size /= 2
        gained, beta, goal = now - goal, tried, now
        if gained < 1e-6 * (1 + abs(goal)):
            break
    bent = information + np.diag(precision)
    covariance = np.linalg.inv(bent)
    spread = _triangle(covariance)
    if clusters is not None and len(sums := _summed(scores(beta), clusters)) >= LEAST_CLUSTERS * len(beta):
        robust = clustered(bent, sums)
        if (factor := _triangle(robust)) is not None:
            covariance, spread = robust, factor
    return Fitted(beta, np.sqrt(np.maximum(np.diag(covariance), 0)), like, spread)


def _triangle(covariance: np.ndarray) -> np.ndarray | None:
    """The Cholesky factor of a covariance; None where it has none."""
    try:
        return np.linalg.cholesky((covariance + covariance.T) / 2)
    except np.linalg.LinAlgError:
        return None
