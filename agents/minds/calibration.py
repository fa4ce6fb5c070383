"""The arithmetic of calibrated choice: how a model's shifts are summed up, and how beta and alpha are fitted to them.

The choice model is `logp(a|s) = alpha_a + beta * shift_a(s)`, normalised, where `shift_a(s)` is the change of the
model's log-probability of action a from the neutral situation to s (contextual calibration, Zhao et al. 2021).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

LEVEL = 0.05
"""Chance that a model which reacts to nothing gets a card that is not flat."""
LEAST = 1e-6
"""A log-odds shift below this is rounding."""


class Measured(NamedTuple):
    """A mean over letter orders, and its standard error (nan with a single order)."""

    shift: float
    se: float


class Published(NamedTuple):
    """One published shift: with `feature` at `value`, the log-odds of `up` against `down` change by `shift`."""

    feature: str
    value: float
    up: tuple[str, ...]
    down: tuple[str, ...]
    shift: float
    se: float
    case: str
    source: str


class Slope(NamedTuple):
    """beta as the choice model uses it, its standard error, and as it was fitted (it may be below 0)."""

    value: float
    se: float | None
    fitted: float | None


def read_published(rows: Sequence[Mapping[str, Any]]) -> list[Published]:
    """Checked rows of a table of published shifts; `ValueError` names the row and what it lacks."""
    found = []
    for number, row in enumerate(rows, 1):
        if set(row) != set(Published._fields):
            raise ValueError(
                f"row {number} of the published shifts has {sorted(row)}; it needs {sorted(Published._fields)}"
            )
        one = Published(**{**row, "up": tuple(row["up"]), "down": tuple(row["down"])})
        if not (np.isfinite(one.shift) and one.se > 0):
            raise ValueError(
                f"row {number} of the published shifts ({one.case}) needs a finite shift and se > 0"
            )
        found.append(one)
    return found


def contrast(shifts: np.ndarray, rates: np.ndarray, up: Sequence[int], down: Sequence[int]) -> np.ndarray:
    """Shift of the log-odds of the columns `up` against `down`, for shifts (..., actions) of log-probabilities.

    Groups are averaged with the base rates (actions,) as weights: the change of the choice model's own log-odds
    to first order, and exact where a group's actions shift alike. So it is linear in beta.
    """
    sides = [np.average(shifts[..., list(side)], axis=-1, weights=rates[list(side)]) for side in (up, down)]
    return sides[0] - sides[1]


def over_orders(values: np.ndarray) -> Measured:
    """Mean and standard error of one number a letter order, (orders,)."""
    n = len(values)
    return Measured(float(values.mean()), float(values.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan"))


def is_flat(card: Sequence[Measured], orders: int) -> bool:
    """Whether no shift of a card stands out from the letter orders.

    Each shift's ratio to its standard error is held against Student's t with orders - 1 degrees of freedom, at
    `LEVEL` shared out among all shifts of the card (Bonferroni). `ValueError` with fewer than 3 orders.
    """
    from scipy.stats import t

    if orders < 3:
        raise ValueError(
            f"{orders} orders of the letters tell nothing of chance: a card needs at least 3 options"
        )
    limit = float(t.ppf(1 - LEVEL / (2 * max(1, len(card))), orders - 1))
    return not any(abs(one.shift) > max(LEAST, limit * one.se) for one in card)


def fit_beta(model: np.ndarray, published: np.ndarray, se: np.ndarray) -> Slope:
    """The slope through the origin of published shifts on the model's own, weighted by 1 / se squared.

    Its standard error comes from the published ones alone. A slope below 0 (the model reacts the wrong way round)
    is used as 0, and so is none at all: no rows, or a model that reacts to none of them.
    """
    weight = 1 / se**2
    square = float((weight * model**2).sum())
    if square <= float(weight.sum()) * LEAST**2:
        return Slope(0.0, None, None)
    fitted = float((weight * model * published).sum()) / square
    return Slope(max(0.0, fitted), square**-0.5, fitted)


def fit_alpha(pull: np.ndarray, share: np.ndarray, rates: np.ndarray, tolerance: float = 1e-10) -> np.ndarray:
    """Intercepts (actions,) with which `alpha + pull` averages to `rates` over situations with shares (n,).

    `pull` (n, actions) is beta times the shifts. Each turn adds log(rates / averages), the contraction of Berry,
    Levinsohn & Pakes (1995). `ValueError` if it does not settle within 10,000 turns.
    """
    alpha = np.log(rates)
    for _ in range(10_000):
        step = np.log(rates) - np.log(averages(alpha + pull, share))
        if abs(step).max() < tolerance:
            return alpha - np.logaddexp.reduce(alpha)
        alpha = alpha + step
    raise ValueError(
        "alpha does not settle: the model's shifts are too large for these base rates; lower beta"
    )


def averages(scores: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Mean choice probabilities (actions,) of unnormalised log-probabilities (n, actions), shares (n,)."""
    return share @ np.exp(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))
