"""How many answers a post gets and when: a branching law for records that name nobody, with the delays that choices use.

Each post is a source of answers. How many it draws is a gamma number (its hotness, mean m, shape k) and when they come has the density
f(u) of delays, so the answers of a post whose window is w long have the likelihood

    Γ(k + n) / Γ(k) · (k / (k + m F(w)))^k · (m / (k + m F(w)))^n · Π f(u_i)

(a Poisson process mixed by a gamma law; Cox & Isham 1980). log f is linear in the logarithms of `delays`, as the choices of thread
and post are, cut at the horizon; opening posts and replies each have a law of their own.
"""

from typing import NamedTuple

import numpy as np

from windtunnel.analysis.learned.delays import SPEEDS

KINDS = ("opening", "reply")
PACE = SPEEDS
"""Minutes after which each logarithm of the density begins to count."""
FIRST = 1 / 60
"""Shortest delay told apart, in minutes."""
GRID = 400


class Tree(NamedTuple):
    """Posts of discussions, each followed for some time: kind (n,) 0 opening and 1 reply; window (n,): minutes for which its answers
    were watched; parent (n,): row of the post answered, -1 for none; delay (n,): minutes after that; discussion (n,)."""

    kind: np.ndarray
    window: np.ndarray
    parent: np.ndarray
    delay: np.ndarray
    discussion: np.ndarray


class Law(NamedTuple):
    """mean, shape: (2,) of the gamma hotness of each kind. pace: (2, 3) coefficients of log(1 + u / PACE) in log f, u in minutes."""

    mean: np.ndarray
    shape: np.ndarray
    pace: np.ndarray
    horizon: float
    """Minutes beyond which no answer comes, and F is 1."""


def tree_of(
    minute: np.ndarray, parent: np.ndarray, discussion: np.ndarray, horizon: float, end: float | None = None
) -> Tree:
    """The tree of posts (n,) in order of time, each discussion followed for `horizon` minutes from its first post and no longer
    than to the minute `end`; what comes later is left out."""
    _, first, code = np.unique(discussion, return_index=True, return_inverse=True)
    last = minute[first][code] + horizon
    last = last if end is None else np.minimum(last, end)
    kept = minute <= last
    number = np.full(len(minute), -1)
    number[kept] = np.arange(kept.sum())
    up = np.where(parent >= 0, number[parent], -1)
    opening = np.zeros(len(minute), bool)
    opening[first] = True
    delay = np.where(parent >= 0, minute - minute[parent], 0)
    return Tree((~opening)[kept].astype(int), (last - minute)[kept], up[kept], delay[kept], discussion[kept])


def log_density(law: Law, tree: Tree, unit: float = 60.0) -> np.ndarray:
    """Log density of delays and parents of each discussion, (discussions,) in order of their numbers, times in units of so many minutes."""
    _, code = np.unique(tree.discussion, return_inverse=True)
    total = np.zeros(int(code.max(initial=-1)) + 1)
    for kind in range(2):
        post, up, delays = _of_kind(tree, kind)
        each, answers = _terms(
            law.mean[kind], law.shape[kind], law.pace[kind], law.horizon, tree, post, up, delays
        )
        np.add.at(total, code[post], each)
        np.add.at(total, code[up], answers + np.log(unit))
    return total


def fit_law(tree: Tree, horizon: float) -> Law:
    """The law of greatest likelihood, kind by kind, by L-BFGS; a kind without answers has mean 0."""
    found = [_fit_kind(tree, kind, horizon) for kind in range(2)]
    mean, shape, pace = (np.array(each) for each in zip(*found, strict=True))
    return Law(mean, shape, pace, horizon)


def _fit_kind(tree: Tree, kind: int, horizon: float) -> tuple[float, float, np.ndarray]:
    from scipy.optimize import minimize

    post, up, delay = _of_kind(tree, kind)
    if not len(delay):
        return 0.0, 1.0, np.zeros(len(PACE))

    def loss(at: np.ndarray) -> float:
        each, answers = _terms(np.exp(at[0]), np.exp(at[1]), at[2:], horizon, tree, post, up, delay)
        return float(-(each.sum() + answers.sum()) + 0.5 * (at[2:] ** 2).sum() * 1e-2) / len(post)

    begin = np.concatenate([[np.log(len(delay) / len(post)), 0.0], np.full(len(PACE), -0.5)])
    bounds = [(-8, 4), (-5, 6), *[(-20, 20)] * len(PACE)]
    best = minimize(loss, begin, method="L-BFGS-B", bounds=bounds, options={"maxiter": 300}).x
    return float(np.exp(best[0])), float(np.exp(best[1])), best[2:]


def _of_kind(tree: Tree, kind: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of the posts of a kind, and for every answer to one of them the row of that post and its delay."""
    answer = np.flatnonzero(tree.parent >= 0)
    answer = answer[tree.kind[tree.parent[answer]] == kind]
    return np.flatnonzero(tree.kind == kind), tree.parent[answer], tree.delay[answer]


def _terms(
    mean: float,
    shape: float,
    pace: np.ndarray,
    horizon: float,
    tree: Tree,
    post: np.ndarray,
    up: np.ndarray,
    delay: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Log-likelihood of how many answers each post got (posts,), and of each answer's delay (answers,), in minutes."""
    from scipy.special import gammaln, xlogy

    grid, log_f, below = _density(pace, horizon)
    reach = np.interp(tree.window[post], grid, below)
    often = np.bincount(up, minlength=len(tree.kind))[post]
    spread = np.log(shape + mean * reach)
    each = (
        gammaln(shape + often)
        - gammaln(shape)
        + shape * (np.log(shape) - spread)
        + xlogy(often, mean)
        - often * spread
    )
    return each, np.interp(delay, grid, log_f)


def _density(pace: np.ndarray, horizon: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A grid of minutes, log f on it and F on it, f a density on (0, horizon)."""
    grid = np.concatenate([[0.0], np.geomspace(FIRST, horizon, GRID)])
    log_f = np.log1p(grid[:, None] / np.array(PACE)) @ pace
    log_f -= log_f.max()
    f = np.exp(log_f)
    steps = np.diff(grid) * (f[1:] + f[:-1]) / 2
    whole = steps.sum()
    return grid, log_f - np.log(whole), np.concatenate([[0.0], np.cumsum(steps)]) / whole


class Exponential(NamedTuple):
    """One mean number of answers to any post, and one exponential delay of so many minutes."""

    mean: float
    delay: float


def fit_exponential(tree: Tree, horizon: float) -> Exponential:
    """The simplest law, greatest likelihood: Poisson answers, delays exponential, each post watched for its window."""
    from scipy.optimize import minimize_scalar

    answers = np.flatnonzero(tree.parent >= 0)
    total = float(tree.delay[answers].sum())

    def mean(log_delay: float) -> float:
        return len(answers) / float(-np.expm1(-tree.window / np.exp(log_delay)).sum())

    def loss(log_delay: float) -> float:
        # Given the delay the mean is answers over exposure, whose product with the exposure is a constant.
        return len(answers) * (log_delay - np.log(mean(log_delay))) + total / np.exp(log_delay)

    best = float(minimize_scalar(loss, bounds=(np.log(0.1), np.log(horizon * 10)), method="bounded").x)
    return Exponential(mean(best), float(np.exp(best)))


def log_density_exponential(law: Exponential, tree: Tree, unit: float = 60.0) -> np.ndarray:
    """As `log_density`, of the simplest law."""
    _, code = np.unique(tree.discussion, return_inverse=True)
    total = np.zeros(int(code.max(initial=-1)) + 1)
    np.add.at(total, code, law.mean * np.expm1(-tree.window / law.delay))
    answers = np.flatnonzero(tree.parent >= 0)
    np.add.at(total, code[answers], np.log(law.mean / law.delay * unit) - tree.delay[answers] / law.delay)
    return total
