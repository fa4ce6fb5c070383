"""How well a part foretells acts that it was not fitted to, beside its baselines: bits an act, intervals over threads."""

import numpy as np

from windtunnel.analysis.causal.intervals import mean_difference
from windtunnel.analysis.learned.logit import Choices, fit_logit
from windtunnel.sim.communities.forum.learned_file import Interval, Score


def score(base: str, bits_base: np.ndarray, bits: np.ndarray, cluster: np.ndarray) -> Score:
    """Mean log2-probabilities (n,) of acts under a baseline and under the part, and the mean difference over threads."""
    return Score(
        base=base,
        bits_base=round(float(bits_base.mean()), 4),
        bits=round(float(bits.mean()), 4),
        gain=interval(bits - bits_base, cluster),
        acts=len(bits),
        threads=len(np.unique(cluster)),
    )


def interval(values: np.ndarray, cluster: np.ndarray) -> Interval:
    """Mean of values (n,) with its 95 % interval, clusters (n,) as the units."""
    found = mean_difference(values, cluster)
    limits = (None if each is None else round(each, 4) for each in (found.low, found.high))
    low, high = limits
    return Interval(est=round(float(values.mean()), 4), low=low, high=high)


def form(names: tuple[str, ...], fitted: Choices, held: Choices) -> np.ndarray:
    """Log2-probabilities (n,) of held-out choices under a logit of these features alone, fitted to the same acts."""
    return fit_logit(fitted.columns(names), errors=False).bits(held.columns(names))


def auc(score: np.ndarray, yes: np.ndarray) -> float | None:
    """Chance that a yes scores above a no (Mann & Whitney), ties half; None without both."""
    from scipy.stats import rankdata

    n = int(yes.sum())
    if not 0 < n < len(yes):
        return None
    ranks = rankdata(score)
    return float((ranks[yes.astype(bool)].sum() - n * (n + 1) / 2) / (n * (len(yes) - n)))
