"""Fits a multinomial logit to taught probabilities: some options missing, a penalty chosen on held-out questions."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

PENALTIES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
FOLDS = 5
DECILES = 10
FLAT = 1e-9
"""Largest slope of the objective at which a fit counts as done, in nats."""
ROUNDING = 1e-14
"""Two values of the objective, in nats, are equal within this."""
STEPS = 200
RIDGE = 1e-10
"""Added to the curvature: a number added to every action's score changes nothing, so one direction is flat."""


class Logit(NamedTuple):
    """log p = base + x · weights, normalised over what is on offer: base (actions,), weights (columns, actions)."""

    base: np.ndarray
    weights: np.ndarray

    def rows(self, x: np.ndarray, offered: np.ndarray) -> np.ndarray:
        """Log-probabilities (n, actions) for x (n, columns), `-inf` where `offered` is False."""
        return _over_offered(self.base + x @ self.weights, offered)


class Fit(NamedTuple):
    """A fitted logit and how well it answers questions it was not fitted to; entropies in nats a question.

    `penalty` is None where the base rates alone did best. `curve` has (predicted, taught, share) for each tenth
    of the predicted probabilities, by weight, held out. `tried` is the held-out cross-entropy by penalty.
    """

    logit: Logit
    penalty: float | None
    held_out: float
    base_rates: float
    entropy: float
    curve: list[tuple[float, float, float]]
    tried: list[tuple[float | None, float]]


def fit_logit(
    x: np.ndarray, taught: np.ndarray, offered: np.ndarray, weight: np.ndarray, *, seed: int = 0
) -> Fit:
    """The logit of least penalised cross-entropy to `taught` (n, actions), each row a distribution over `offered`.

    `weight` (n,) sums to one. Weights, not the base, are penalised by half their squares, columns first brought to
    unit spread. The penalty is the one of least cross-entropy over `FOLDS` folds of questions, drawn by `seed`;
    leaving out every column is among the candidates. `ValueError` for fewer questions than folds.
    """
    if len(x) < FOLDS:
        raise ValueError(f"there are {len(x)} questions to learn from; at least {FOLDS} are needed")
    spread = x.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    used = np.flatnonzero(spread > 0)  # a column that never varies teaches nothing
    scaled = (x / scale)[:, used]
    fold = np.random.default_rng(seed).permutation(len(x)) % FOLDS
    rows: dict[float | None, np.ndarray] = {}
    for penalty in (*PENALTIES, None):
        rows[penalty] = np.full(taught.shape, -np.inf)
        for out in range(FOLDS):
            held, kept = fold == out, fold != out
            made = likeliest(scaled[kept], taught[kept], offered[kept], weight[kept], penalty)
            rows[penalty][held] = made.rows(scaled[held], offered[held])
    tried = [(penalty, cross_entropy(taught, found, weight)) for penalty, found in rows.items()]
    penalty, held_out = min(tried, key=lambda one: one[1])
    made = likeliest(scaled, taught, offered, weight, penalty)
    weights = np.zeros((x.shape[1], taught.shape[1]))
    weights[used] = made.weights / scale[used, None]
    return Fit(
        Logit(made.base, weights),
        penalty,
        held_out,
        dict(tried)[None],
        cross_entropy(taught, _log(taught), weight),
        calibration_curve(np.exp(rows[penalty]), taught, offered, weight),
        tried,
    )


def likeliest(
    x: np.ndarray, taught: np.ndarray, offered: np.ndarray, weight: np.ndarray, penalty: float | None
) -> Logit:
    """The logit of greatest (penalised) likelihood, by Newton's method; `penalty` None leaves every column out.

    The objective is convex, so a step that lowers it is always found. `ValueError` if that takes too many.
    """
    columns = np.hstack([np.ones((len(x), 1)), x if penalty is not None else x[:, :0]])
    share = weight / weight.sum()
    found = np.zeros((columns.shape[1], taught.shape[1]))
    pull = np.full(columns.shape[1], penalty or 0.0)[:, None]
    pull[0] = 0.0

    def objective(at: np.ndarray) -> tuple[float, np.ndarray]:
        rows = _over_offered(columns @ at, offered)
        return cross_entropy(taught, rows, share) + float((pull * at**2).sum()) / 2, rows

    value, rows = objective(found)
    for _ in range(STEPS):
        p = np.exp(rows)
        slope = columns.T @ (share[:, None] * (p - taught)) + pull * found
        if np.abs(slope).max() < FLAT:
            break
        curve = _curvature(columns, p, share) + np.diag(np.repeat(pull, p.shape[1]) + RIDGE)
        step = np.linalg.solve(curve, slope.ravel()).reshape(found.shape)
        size = 1.0
        while (ahead := objective(found - size * step))[0] > value + ROUNDING and size > 1e-8:
            size /= 2
        found = found - size * step
        value, rows = ahead
    else:
        raise ValueError(f"the logit was not fitted with penalty {penalty} after {STEPS} steps")
    weights = found[1:] if penalty is not None else np.zeros((x.shape[1], taught.shape[1]))
    weights = weights - weights.mean(
        axis=1, keepdims=True
    )  # the same odds: one number for all actions cancels
    return Logit(found[0] - np.logaddexp.reduce(found[0]), weights)


def _curvature(columns: np.ndarray, p: np.ndarray, share: np.ndarray) -> np.ndarray:
    """The second derivatives of the cross-entropy, (columns x actions) squared: diag(p) - p p' a question."""
    width, actions = columns.shape[1], p.shape[1]
    mixed = (columns[:, :, None] * p[:, None, :]).reshape(len(p), -1) * np.sqrt(share)[:, None]
    out = -(mixed.T @ mixed)
    blocks = np.einsum("n,na,ni,nj->aij", share, p, columns, columns, optimize=True)
    for action in range(actions):
        place = np.arange(width) * actions + action
        out[np.ix_(place, place)] += blocks[action]
    return out


def cross_entropy(taught: np.ndarray, rows: np.ndarray, weight: np.ndarray) -> float:
    """Mean of -sum taught · log p over questions, in nats; what is not taught may be impossible."""
    terms = np.where(taught > 0, taught * np.where(taught > 0, rows, 0.0), 0.0)
    return float(-(weight * terms.sum(axis=1)).sum() / weight.sum())


def calibration_curve(
    predicted: np.ndarray, taught: np.ndarray, offered: np.ndarray, weight: np.ndarray
) -> list[tuple[float, float, float]]:
    """(mean predicted, mean taught, share of the weight) in tenths of the predicted probabilities on offer."""
    p, q = predicted[offered], taught[offered]
    each = np.broadcast_to(weight[:, None], offered.shape)[offered]
    order = np.argsort(p, kind="stable")
    p, q, each = p[order], q[order], each[order] / each.sum()
    tenth = np.minimum((np.cumsum(each) - each / 2) * DECILES, DECILES - 1e-9).astype(int)
    points = []
    for number in range(DECILES):
        here = tenth == number
        if here.any():
            share = float(each[here].sum())
            points.append((float(each[here] @ p[here] / share), float(each[here] @ q[here] / share), share))
    return points


def columns_of(features: np.ndarray, persona: np.ndarray, personas: int) -> np.ndarray:
    """Features beside one 0/1 column for each persona, (n, features + personas)."""
    return np.hstack([features, np.eye(personas)[persona]])


def _over_offered(scores: np.ndarray, offered: np.ndarray) -> np.ndarray:
    from windtunnel.agents.minds.rules import normalise

    return normalise(np.where(offered, scores, -np.inf))


def _log(taught: np.ndarray | Sequence[float]) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(taught)
