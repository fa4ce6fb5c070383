"""Intervals for shares and differences counted over pairs, with the community draw as the cluster.

Members interfere inside a run and runs of one draw resemble each other, so an interval that takes pairs as
independent is too short: over 20 draws of 30 seeds it covered 69 % where it promised 95 %. Every function
takes the draw's label for each pair; `None` says that the pairs are independent (replicates of one incident).

With a single draw nothing can be said about other draws: the limits are `None`, never a short interval.
"""

from typing import Any, NamedTuple

import numpy as np

from windtunnel.analysis.causal.clusters import rate_limits


class Estimate(NamedTuple):
    """A number and its interval; `est` is None where undefined, limits where the data cannot give them."""

    est: float | None
    low: float | None
    high: float | None


UNDEFINED = Estimate(None, None, None)
FEW = 5
"""With so few draws or fewer, Student's t of a skewed difference covers too seldom: see `mean_difference`."""
WIDER = 1.6
"""How much wider an interval of so few draws is made."""
MANY = 60
"""With so many draws that hold a hit, and that hold a miss, the spread between draws alone tells enough."""


def wilson(successes: float, trials: float, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval of a share, Wilson (1927); counts may be effective ones, not integers.

    >>> [round(limit, 4) for limit in wilson(81, 263)]
    [0.2553, 0.3662]
    """
    from scipy.special import ndtri

    if trials <= 0:
        raise ValueError(f"an interval needs at least one trial, found {trials}")
    z, ratio = -float(ndtri((1 - confidence) / 2)), successes / trials
    shrink = 1 + z**2 / trials
    centre = (ratio + z**2 / (2 * trials)) / shrink
    half = z * (ratio * (1 - ratio) / trials + z**2 / (4 * trials**2)) ** 0.5 / shrink
    return max(0.0, centre - half), min(1.0, centre + half)


def share(hits: Any, of: Any, draw: Any = None, confidence: float = 0.95) -> Estimate:
    """The share of `of` that are `hits`, both boolean arrays over pairs, with its interval.

    With draws, two intervals are made and what either holds is given. In the one, the ratio's variance between
    draws gives an effective number of trials, which shrinks by (z/t)^2 for the few draws it was learnt from and
    goes into Wilson's formula (after Korn & Graubard 1998); it is too short where few draws hold an event. In the
    other, draws have rates of a beta law (`analysis.clusters`); it may miss where draws with many trials have
    other rates, as a conditional share's have. Only draws that hold a trial count.
    """
    hits, of = np.asarray(hits, bool) & np.asarray(of, bool), np.asarray(of, bool)
    trials = int(of.sum())
    if trials == 0:
        return UNDEFINED
    ratio = float(hits.sum() / trials)
    if draw is None:
        low, high = wilson(hits.sum(), trials, confidence)
        return Estimate(ratio, min(low, ratio), max(high, ratio))
    labels = _codes(draw)
    held = np.bincount(labels, of) > 0
    counts, sizes = np.bincount(labels, hits)[held], np.bincount(labels, of)[held]
    effective = _effective(counts, sizes, ratio * (1 - ratio), confidence)
    if effective is None:
        return Estimate(ratio, None, None)
    low, high = wilson(ratio * effective, effective, confidence)
    if min((counts > 0).sum(), (counts < sizes).sum()) < MANY:
        ends = rate_limits(counts, sizes, confidence)
        low, high = min(low, ends[0]), max(high, ends[1])
    return Estimate(ratio, min(low, ratio), max(high, ratio))


def paired_difference(y0: Any, y1: Any, draw: Any = None, confidence: float = 0.95) -> Estimate:
    """p1 - p0 over pairs of 0/1 outcomes, with the paired score interval of Newcombe (1998, method 10).

    With draws, the table is first shrunk to the effective number of pairs that the difference's own variance
    between draws allows.
    """
    y0, y1 = np.asarray(y0, bool), np.asarray(y1, bool)
    n = len(y0)
    if n == 0:
        return UNDEFINED
    step = y1.astype(float) - y0
    effective: float | None = n
    if draw is not None:
        labels = _codes(draw)
        spread = float(step.var())
        effective = _effective(np.bincount(labels, step), np.bincount(labels), spread, confidence)
    est = float(step.mean())
    if effective is None:
        return Estimate(est, None, None)
    shrink = effective / n
    n01, n10, n11 = (float(cell.sum()) * shrink for cell in (~y0 & y1, y0 & ~y1, y0 & y1))
    low, high = newcombe(effective - n01 - n10 - n11, n01, n10, n11, confidence)
    return Estimate(est, min(low, est), max(high, est))


def newcombe(n00: float, n01: float, n10: float, n11: float, confidence: float = 0.95) -> tuple[float, float]:
    """Limits of p1 - p0 from a paired table (baseline first), Newcombe (1998, Stat. Med. 17:2635, method 10).

    Wilson's limits of the two rates are combined by square and add, with the table's correlation, whose
    numerator is corrected for continuity when positive.
    """
    n = n00 + n01 + n10 + n11
    p1, p0 = (n01 + n11) / n, (n10 + n11) / n
    (low1, high1), (low0, high0) = wilson(n01 + n11, n, confidence), wilson(n10 + n11, n, confidence)
    margins = (n00 + n01) * (n10 + n11) * (n00 + n10) * (n01 + n11)
    cross = n00 * n11 - n01 * n10
    if cross > 0:
        cross = max(cross - n / 2, 0)
    phi = cross / np.sqrt(margins) if margins > 0 else 0.0

    def reach(a: float, b: float) -> float:
        return float(np.sqrt(max(a * a - 2 * phi * a * b + b * b, 0)))

    difference = p1 - p0
    return (
        max(-1.0, difference - reach(p1 - low1, high0 - p0)),
        min(1.0, difference + reach(high1 - p1, p0 - low0)),
    )


def mean_difference(difference: Any, draw: Any = None, confidence: float = 0.95) -> Estimate:
    """The mean of paired differences in the outcome's own unit, with Student's t over draws (or pairs).

    Draws that all differ by the same amount, be it 0, tell nothing of their spread: no limits then, nor with three
    to `FEW` draws of which no three differ from each other. With `FEW` draws and fewer the interval is `WIDER`
    times Student's, which covers skewed differences in 83 to 94 cases of 100 there (`bench/coverage.py`).
    """
    from scipy.special import stdtrit

    values = np.asarray(difference, float)
    if len(values) == 0:
        return UNDEFINED
    est = float(values.mean())
    labels = np.arange(len(values)) if draw is None else _codes(draw)
    sums, sizes = np.bincount(labels, values), np.bincount(labels)
    variance, draws = _between(sums, sizes), len(sizes)
    scale = np.abs(values).max()
    if variance is None or variance <= (1e-12 * scale) ** 2:
        return Estimate(est, None, None)
    if draws <= FEW and len(np.unique(np.round(sums / sizes / scale, 9))) < min(draws, 3):
        return Estimate(est, None, None)
    reach = float(stdtrit(draws - 1, (1 + confidence) / 2) * np.sqrt(variance)) * (
        WIDER if draws <= FEW else 1
    )
    return Estimate(est, est - reach, est + reach)


def standard_error(difference: Any, draw: Any) -> float | None:
    """Of the mean of paired differences, over draws; None with one draw."""
    labels = _codes(draw)
    variance = _between(np.bincount(labels, np.asarray(difference, float)), np.bincount(labels))
    return None if variance is None else float(np.sqrt(variance))


def seen_difference(error: float, draws: int, confidence: float, chance: float = 0.8) -> float:
    """The difference that an interval of this standard error leaves zero out of with this chance (both quantiles of t)."""
    from scipy.special import stdtrit

    return float(error * (stdtrit(draws - 1, (1 + confidence) / 2) + stdtrit(draws - 1, chance)))


def _codes(draw: Any) -> np.ndarray:
    """Draw labels as 0, 1, 2 ..."""
    return np.unique(np.asarray(draw), return_inverse=True)[1].reshape(-1)


def _between(numerators: np.ndarray, denominators: np.ndarray) -> float | None:
    """Variance of a ratio of sums over clusters by linearisation; None for a single cluster."""
    clusters = len(numerators)
    if clusters < 2:
        return None
    residual = numerators - numerators.sum() / denominators.sum() * denominators
    return float(clusters / (clusters - 1) * (residual**2).sum() / denominators.sum() ** 2)


def _effective(
    numerators: np.ndarray, denominators: np.ndarray, spread: float, confidence: float
) -> float | None:
    """How many independent trials of variance `spread` tell as much as these clusters; None for one."""
    from scipy.special import ndtri, stdtrit

    trials = float(denominators.sum())
    variance = _between(numerators, denominators)
    if variance is None:
        return None
    alike = trials if variance <= 0 else min(trials, spread / variance)
    tail = (1 + confidence) / 2
    return alike * float(ndtri(tail) / stdtrit(len(numerators) - 1, tail)) ** 2
