"""Conditional logit (McFadden 1974): one option of each choice was taken; ridge, and errors robust to clusters.

The likelihood is concave, so Newton's method finds its top in a few steps, and its curvature is the bread of the sandwich errors
(Liang & Zeger 1986). A yes-or-no question is a choice of two options, of which one has no features: see `yes_or_no`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from windtunnel.sim.communities.forum.learned_file import Coefficient

RIDGE = 10.0
"""Half of it times the sum of squares of the coefficients, features at unit spread, is taken from the log-likelihood. Chosen on
the last fifth of the training acts of three communities: with 3,000 acts 1 to 30 do alike, with 100 acts this does best."""
STEPS = 40
FLAT = 1e-4
"""Slope, in nats a choice, at which a fit counts as done."""
CAP = 0.99


@dataclass(frozen=True)
class Choices:
    """Choices with their options one after the other.

    x: (options, features). start: (choices + 1,), options of choice i are rows start[i] to start[i+1]. taken: (choices,), rows of
    x. cluster: (choices,), thread numbers. row: (choices,), rows of the record. names: of the features.
    """

    x: np.ndarray
    start: np.ndarray
    taken: np.ndarray
    cluster: np.ndarray
    row: np.ndarray
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.taken)

    def only(self, chosen: np.ndarray) -> "Choices":
        """The chosen ones, numbers in order or a mask (choices,)."""
        number = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        lengths = np.diff(self.start)[number]
        start = np.concatenate([[0], np.cumsum(lengths)])
        rows = np.repeat(self.start[number] - start[:-1], lengths) + np.arange(start[-1])
        taken = self.taken[number] - self.start[number] + start[:-1]
        return Choices(self.x[rows], start, taken, self.cluster[number], self.row[number], self.names)

    def columns(self, names: Sequence[str]) -> "Choices":
        """The same choices with these features alone."""
        return replace(self, x=self.x[:, [self.names.index(name) for name in names]], names=tuple(names))


class Fitted(NamedTuple):
    """A fitted logit: coefficients on the raw features, their errors (NaN where they were not had), caps (NaN: none)."""

    names: tuple[str, ...]
    value: np.ndarray
    error: np.ndarray
    cap: np.ndarray

    def scores(self, x: np.ndarray) -> np.ndarray:
        """Log-odds of options (n,): a feature beyond its cap counts as the cap where its coefficient would raise the odds."""
        capped = np.where((self.value > 0) & ~np.isnan(self.cap), self.cap, np.inf)
        return np.asarray(np.minimum(x, capped) @ self.value)

    def log_chances(self, choices: Choices) -> np.ndarray:
        """Log-probability (nats) of every option of every choice, (options,)."""
        return log_softmax(self.scores(choices.x), choices.start)

    def bits(self, choices: Choices) -> np.ndarray:
        """Log2-probability of the option that was taken, (choices,)."""
        return np.asarray(self.log_chances(choices)[choices.taken] / np.log(2))

    def told(self) -> dict[str, Coefficient]:
        """As learned.yaml holds it."""
        return {
            name: Coefficient(value=_short(value), error=_or_none(error), cap=_or_none(cap))
            for name, value, error, cap in zip(self.names, self.value, self.error, self.cap, strict=True)
        }


def log_softmax(scores: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Log-probabilities of options within each choice, (options,)."""
    lengths = np.diff(start)
    top = np.maximum.reduceat(scores, start[:-1])
    shifted = scores - np.repeat(top, lengths)
    return np.asarray(shifted - np.repeat(np.log(np.add.reduceat(np.exp(shifted), start[:-1])), lengths))


def fit_logit(choices: Choices, *, ridge: float | np.ndarray = RIDGE, errors: bool = True) -> Fitted:
    """The logit of greatest penalised likelihood. `ValueError` without a choice or a feature that varies.

    `ridge` is one number or one a feature. Features that never differ get the coefficient 0.
    """
    if not len(choices):
        raise ValueError("there is no choice to learn from")
    start, taken = choices.start, choices.taken
    spread = choices.x.std(axis=0, dtype=float)
    used = np.flatnonzero(spread > 1e-9)
    scale = spread[used]
    x = (choices.x[:, used] / scale).astype(np.float64, copy=False)
    alone = _of_two(choices)
    cap = _caps(choices)
    pull = np.broadcast_to(np.asarray(ridge, float), choices.x.shape[1:])[used]
    found = np.zeros(len(used))

    def objective(at: np.ndarray) -> tuple[float, np.ndarray]:
        logs = _log_yes(x[::2] @ at) if alone else log_softmax(x @ at, start)
        return -float(logs[taken].sum()) + float(pull @ at**2) / 2, logs

    value, logs = objective(found)
    curve = np.eye(len(used))
    for _ in range(STEPS):
        slope, curve = (_of_yes if alone else _derivatives)(x, np.exp(logs), start, taken)
        slope, curve = slope + pull * found, curve + np.diag(pull)
        if not len(used) or np.abs(slope).max() < FLAT * len(taken):
            break
        step = np.linalg.solve(curve, slope)
        size = 1.0
        while (ahead := objective(found - size * step))[0] > value + 1e-9 * abs(value) and size > 1e-6:
            size /= 2
        found, (value, logs) = found - size * step, ahead
    whole = np.zeros(choices.x.shape[1])
    whole[used] = found / scale
    error = np.full(len(whole), np.nan)
    if errors and len(used):
        p = np.exp(logs)
        each = x[taken] - np.add.reduceat(x * p[:, None], start[:-1], axis=0)
        error[used] = _sandwich(curve, each, choices.cluster) / scale
    return Fitted(choices.names, whole, error, cap)


def _derivatives(
    x: np.ndarray, p: np.ndarray, start: np.ndarray, taken: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Slope and curvature of minus the log-likelihood."""
    weighted = x * p[:, None]
    mean = np.add.reduceat(weighted, start[:-1], axis=0)
    slope = mean.sum(axis=0) - x[taken].sum(axis=0)
    return slope, weighted.T @ x - mean.T @ mean


def _of_two(choices: Choices) -> bool:
    """Whether each choice is between a yes with features and a no without, as `yes_or_no` puts them."""
    return bool((np.diff(choices.start) == 2).all()) and not choices.x[1::2].any()


def _log_yes(odds: np.ndarray) -> np.ndarray:
    """Log-probabilities of yes and no in turn (2n,) by the log-odds of yes (n,)."""
    out = np.empty(2 * len(odds))
    out[::2], out[1::2] = -np.logaddexp(0.0, -odds), -np.logaddexp(0.0, odds)
    return out


def _of_yes(
    x: np.ndarray, p: np.ndarray, start: np.ndarray, taken: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """As `_derivatives`, from the options that have features."""
    x, p, yes = x[::2], p[::2], taken == start[:-1]
    weighted = x * (p * (1 - p))[:, None]
    return (p - yes) @ x, weighted.T @ x


def _sandwich(curve: np.ndarray, each: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """Standard errors from the scores of each choice (n, k), summed by cluster; NaN with fewer than two clusters."""
    _, code = np.unique(cluster, return_inverse=True)
    groups = int(code.max()) + 1
    if groups < 2:
        return np.full(len(curve), np.nan)
    sums = np.zeros((groups, each.shape[1]))
    np.add.at(sums, code, each)
    return np.asarray(np.sqrt(np.maximum(np.diag(clustered(curve, sums)), 0)))


def clustered(curve: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """The covariance (k, k) of coefficients: curvature (k, k) of minus the log-likelihood, scores summed by cluster (clusters, k).

    Liang & Zeger (1986), with the correction for few clusters; two or more of them.
    """
    bread, groups = np.linalg.inv(curve), len(sums)
    return np.asarray(bread @ (sums.T @ sums) @ bread * groups / (groups - 1))


def _caps(choices: Choices) -> np.ndarray:
    """99th percentile of each feature at what was taken; NaN for one that holds 0 and 1 alone."""
    taken = choices.x[choices.taken]
    cap = np.quantile(taken, CAP, axis=0).astype(float)
    yes_no = np.array([bool(np.isin(column, (0, 1)).all()) for column in taken.T], bool)
    cap[yes_no | (cap <= 0)] = np.nan
    return cap


def together(several: Sequence[Choices]) -> Choices:
    """Choices of several lots as one."""
    begin = np.cumsum([0, *(len(each.x) for each in several)])
    return Choices(
        np.concatenate([each.x for each in several]),
        np.concatenate([[0], *(each.start[1:] + at for each, at in zip(several, begin, strict=False))]),
        np.concatenate([each.taken + at for each, at in zip(several, begin, strict=False)]),
        np.concatenate([each.cluster for each in several]),
        np.concatenate([each.row for each in several]),
        several[0].names,
    )


def yes_or_no(
    x: np.ndarray, yes: np.ndarray, cluster: np.ndarray, row: np.ndarray, names: tuple[str, ...]
) -> Choices:
    """Questions with features x (n, k) as choices of two options: yes has the features, no has none."""
    n = len(x)
    both = np.zeros((2 * n, x.shape[1]), np.float32)
    both[::2] = x
    start = np.arange(0, 2 * n + 1, 2)
    return Choices(both, start, start[:-1] + ~yes.astype(bool), cluster, row, names)


def _short(value: float) -> float:
    return float(f"{value:.5g}")


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else _short(value)
