"""Intervals that hold for many comparisons at once: max-t by joint sign flips over draws, else Holm's steps.

Policies that run on the same draws and seeds share luck, so their errors are alike, and Bonferroni's level is
stricter than it need be. Flipping the sign of a whole draw, in all comparisons together, keeps that likeness
(Westfall & Young 1993; Romano & Wolf 2005). The quantile of the largest |t| over the flips becomes the level at
which each interval is made, never looser than a single interval and never stricter than Bonferroni's.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from windtunnel.analysis.causal.intervals import FEW, Estimate, seen_difference

FLIPS = 4095
"""As many random sign patterns at most; up to 13 draws all patterns are used (half of them: |t| ignores the rest)."""
COLUMNS = 2000
"""Comparisons taken at once, so that many policies do not fill the memory."""
TAIL_PATTERNS = 5
"""Fewer sign patterns than this beyond the quantile, and flips cannot tell the level: 7 draws and less at 95 %."""
FOUND = 0.8
"""The chance of finding it, by which the least difference that can be seen is told."""
SEED = 20260404
"""Of the sign patterns alone: another seed would move a level in its third digit."""


class Family(NamedTuple):
    """How the intervals of one family of comparisons are made."""

    method: str  # "single", "max-t" or "holm"
    level: float
    """Confidence of each interval, so that all hold at once with the stated confidence."""
    comparisons: int
    draws: int
    sees: float | None = None
    """The difference that the middle one of these comparisons finds in `FOUND` of cases; None with too few draws."""


def family(numerators: Any, denominators: Any, confidence: float) -> Family:
    """The level at which each comparison's interval is made; both arrays are (draws, comparisons).

    A comparison is the ratio of the sums of its column: differences over pairs. `method` is "holm" with too few
    draws for flips; then intervals stand at Bonferroni's level and `told_apart` takes Holm's steps.
    """
    from scipy.special import stdtr, stdtrit

    top, bottom = np.asarray(numerators, float), np.asarray(denominators, float)
    draws, comparisons = top.shape
    bonferroni = 1 - (1 - confidence) / max(comparisons, 1)

    def made(method: str, level: float) -> Family:
        return Family(method, level, comparisons, draws, _seen(top, bottom, level))

    if comparisons < 2:
        return made("single", confidence)
    if 2.0 ** (draws - 1) * (1 - confidence) < TAIL_PATTERNS:
        return made("holm", bonferroni)
    largest = _largest(top, bottom, _patterns(draws))
    place = min(int(np.ceil(confidence * (len(largest) + 1))), len(largest)) - 1
    reach = float(np.sort(largest)[place])
    level = float(2 * stdtr(draws - 1, reach) - 1) if np.isfinite(reach) else 1.0
    least = float(stdtrit(draws - 1, (1 + confidence) / 2))
    level = confidence if reach < least else level
    return made("max-t", min(level, bonferroni))


def _seen(top: np.ndarray, bottom: np.ndarray, level: float) -> float | None:
    """What the comparison of median standard error finds in `FOUND` of cases."""
    draws = len(top)
    if draws <= FEW or not top.shape[1]:
        return None
    whole = np.maximum(bottom.sum(0), 1)
    left = top - top.sum(0) / whole * bottom
    error = float(np.median(np.sqrt((left**2).sum(0) * draws / (draws - 1)) / whole))
    return seen_difference(error, draws, min(level, 1 - 1e-12), FOUND) if error > 0 else None


def told_apart(
    found: Family, strengths: Sequence[float], interval: Callable[[int, float], Estimate], confidence: float
) -> list[bool]:
    """For each comparison whether it differs from zero, the error over all of them held at 1 - confidence.

    `interval(k, level)` gives the k-th comparison's interval, `strengths` their |t|, which order Holm's steps.
    """
    apart = [False] * len(strengths)
    for step, k in enumerate(sorted(range(len(strengths)), key=lambda k: -strengths[k])):
        level = 1 - (1 - confidence) / (len(strengths) - step) if found.method == "holm" else found.level
        apart[k] = excludes_zero(interval(k, level))
        if found.method == "holm" and not apart[k]:
            break
    return apart


def excludes_zero(estimate: Estimate) -> bool:
    """Whether an interval exists and lies wholly on one side of zero."""
    return estimate.low is not None and estimate.high is not None and not estimate.low <= 0 <= estimate.high


def strength(numerators: Any, denominators: Any) -> np.ndarray:
    """|t| of each comparison, the draw as the unit; 0 where nothing differs in any draw."""
    return _t(np.asarray(numerators, float), np.asarray(denominators, float), np.ones((1, len(numerators))))[
        0
    ]


def by_draw(columns: Sequence[tuple[Any, Any]]) -> tuple[np.ndarray, np.ndarray]:
    """Sums of values and counts, each (draws, comparisons), of columns (draw labels, values)."""
    labels = np.unique(np.concatenate([np.asarray(draw) for draw, _ in columns]))
    sums, counts = (np.zeros((len(labels), len(columns))) for _ in range(2))
    for k, (draw, values) in enumerate(columns):
        at = np.searchsorted(labels, np.asarray(draw))
        sums[:, k] = np.bincount(at, np.asarray(values, float), len(labels))
        counts[:, k] = np.bincount(at, minlength=len(labels))
    return sums, counts


def _patterns(draws: int) -> np.ndarray:
    """Sign patterns (patterns, draws): every one where they are few, else random ones."""
    if 2 ** (draws - 1) <= FLIPS + 1:
        codes = np.arange(2 ** (draws - 1))[:, None] >> np.arange(draws)
        return 1.0 - 2.0 * (codes & 1)
    return np.random.default_rng(SEED).choice([-1.0, 1.0], (FLIPS, draws))


def _largest(top: np.ndarray, bottom: np.ndarray, patterns: np.ndarray) -> np.ndarray:
    """The largest |t| over comparisons for each pattern, of what is left once each mean is taken out."""
    left = top - top.sum(0) / np.maximum(bottom.sum(0), 1) * bottom
    largest = np.zeros(len(patterns))
    for start in range(0, top.shape[1], COLUMNS):
        part = slice(start, start + COLUMNS)
        largest = np.maximum(largest, _t(left[:, part], bottom[:, part], patterns).max(1, initial=0))
    return largest


def _t(top: np.ndarray, bottom: np.ndarray, patterns: np.ndarray) -> np.ndarray:
    """|t| (patterns, comparisons) of the ratio of sums under each pattern of signs, by linearisation."""
    draws, whole = len(top), np.maximum(bottom.sum(0), 1)
    mean = patterns @ top / whole
    spread = (top**2).sum(0) - 2 * mean * (patterns @ (top * bottom)) + mean**2 * (bottom**2).sum(0)
    error = np.sqrt(np.maximum(spread, 0) * draws / max(draws - 1, 1)) / whole
    still = error <= 1e-12 * np.maximum(np.abs(mean), 1e-300) + 1e-15
    moved = np.abs(mean) > 1e-12
    return np.where(still, np.where(moved, np.inf, 0.0), np.abs(mean) / np.where(still, 1, error))
