"""How well a part foretells acts that it was not fitted to, beside its baselines: bits an act, intervals over threads."""

import numpy as np

from windtunnel.analysis.causal.intervals import mean_difference
from windtunnel.analysis.learned.logit import Choices, fit_logit, log_softmax
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


def activity_share(fitted: Choices, held: Choices) -> np.ndarray:
    """Log2-probabilities (n,) of held-out writers by how much each wrote so far; somebody else has its share of the fitted acts."""
    at = fitted.names.index("else")
    other = (fitted.x[fitted.taken, at].sum() + 1) / (len(fitted) + 2)
    posts = np.where(held.x[:, at] > 0, -np.inf, held.x[:, held.names.index("posts")])
    lengths = np.diff(held.start)
    shares = np.full(len(posts), np.log(other))
    named = np.repeat(lengths > 1, lengths)
    with np.errstate(invalid="ignore"):
        inside = log_softmax(np.where(np.isinf(posts), -1e9, posts), held.start)
    shares = np.where(np.isinf(posts), np.where(named, np.log(other), 0.0), inside + np.log(1 - other))
    return np.asarray(shares[held.taken] / np.log(2))


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
