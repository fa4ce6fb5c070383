"""Which thread the next reply joins: a conditional logit on the replies a thread has, its age, and how long it has been quiet."""

from typing import NamedTuple

import numpy as np
import polars as pl

from windtunnel.analysis.profile_fit.activity import FEW
from windtunnel.analysis.profile_fit.answers import answers_back
from windtunnel.sim.communities.forum.feed import GROWTH_ENDS
from windtunnel.sim.communities.forum.profile import Rate

REPLIES = 3_000
CONTROLS = 20
ALIVE_WINDOWS = 30
"""A thread can be joined for so many windows after it opened; later replies are left out."""


class Choices(NamedTuple):
    """Features of the threads at each sampled reply, (replies, 1 + CONTROLS, 3), the chosen thread first.

    `valid` marks the alternatives that exist, where fewer threads were alive than controls are asked for.
    """

    features: np.ndarray
    valid: np.ndarray


class Logit(NamedTuple):
    """Coefficients and their standard errors."""

    coefficients: np.ndarray
    errors: np.ndarray


def sample_choices(
    posts: pl.DataFrame, window_hours: float, rng: np.random.Generator, growth_ends: float = GROWTH_ENDS
) -> Choices:
    """Replies, each with the thread it joined and uniformly drawn threads that were alive then.

    Replies by which somebody answers back are left out, since they follow a law of their own (`answers.py`).

    Uniform draws of the alternatives leave the coefficients consistent (McFadden 1978, uniform conditioning).
    Features are log1p of the replies so far (`GROWTH_ENDS` at most), of the age in hours, and of the hours since the last post.
    """
    posts = posts.select("post", "thread", "minute", "parent", "author").sort("minute", "post")
    order = np.arange(posts.height)
    thread_number, thread = np.unique(posts["thread"].to_numpy(), return_inverse=True)
    minute = posts["minute"].to_numpy()
    first = np.full(len(thread_number), posts.height)
    np.minimum.at(first, thread, order)  # where each thread opens in the order of the record
    opened = minute[first]
    alive_minutes = ALIVE_WINDOWS * window_hours * 60

    alive = minute - opened[thread] <= alive_minutes
    replies = np.flatnonzero((order != first[thread]) & alive & ~answers_back(posts))
    replies = np.sort(rng.permutation(replies)[:REPLIES])
    by_opening = np.argsort(first, kind="stable")
    key = np.sort(thread * posts.height + order)  # posts of a thread before a moment: a rank in this array
    starts = np.searchsorted(key, np.arange(len(thread_number)) * posts.height)

    features = np.zeros((len(replies), 1 + CONTROLS, 3))
    valid = np.zeros((len(replies), 1 + CONTROLS), bool)
    for row, reply in enumerate(replies):
        low = np.searchsorted(opened[by_opening], minute[reply] - alive_minutes)
        high = np.searchsorted(first[by_opening], reply)
        others = by_opening[low:high]
        others = others[others != thread[reply]]
        if len(others) > CONTROLS:
            others = rng.choice(others, CONTROLS, replace=False)
        threads = np.concatenate([[thread[reply]], others])
        so_far = np.searchsorted(key, threads * posts.height + reply) - starts[threads] - 1
        age = (minute[reply] - opened[threads]) / 60
        last = key[starts[threads] + so_far] - threads * posts.height
        quiet = (minute[reply] - minute[last]) / 60
        features[row, : len(threads)] = np.log1p(
            np.stack([np.minimum(so_far, growth_ends), age, quiet], axis=1)
        )
        valid[row, : len(threads)] = True
    chosen = valid.sum(axis=1) > 1
    return Choices(features[chosen], valid[chosen])


def conditional_logit(choices: Choices, *, iterations: int = 50) -> Logit:
    """Maximum likelihood of McFadden's conditional logit by Newton's method (the likelihood is concave).

    Raises `ValueError` where the features do not determine the coefficients, or one separates the choices.
    """
    features = np.where(choices.valid[..., None], choices.features, 0.0)

    def shares(beta: np.ndarray) -> tuple[float, np.ndarray]:
        utility = np.where(choices.valid, features @ beta, -np.inf)
        top = utility.max(axis=1, keepdims=True)
        weight = np.exp(utility - top)
        total = weight.sum(axis=1, keepdims=True)
        return float((utility[:, 0] - top[:, 0] - np.log(total[:, 0])).sum()), weight / total

    beta = np.zeros(features.shape[-1])
    likelihood, weight = shares(beta)
    for _ in range(iterations):
        mean = np.einsum("na,nak->nk", weight, features)
        gradient = (features[:, 0] - mean).sum(axis=0)
        information = np.einsum("na,nak,nal->kl", weight, features, features) - mean.T @ mean
        if np.linalg.eigvalsh(information)[0] < 1e-6 * len(features):
            raise ValueError("the threads do not differ enough, or one feature decides every choice")
        step = np.linalg.solve(information, gradient)
        if gradient @ step < 1e-9:  # twice the likelihood still to be gained
            return Logit(beta, np.sqrt(np.diag(np.linalg.inv(information))))
        length = 1.0
        while (new := shares(beta + length * step))[0] < likelihood and length > 1e-6:
            length /= 2
        beta, (likelihood, weight) = beta + length * step, new
    raise ValueError("the conditional logit did not converge")


def attention(posts: pl.DataFrame, window_hours: float, rng: np.random.Generator) -> tuple[Rate, Rate, Rate]:
    """attention_growth, attention_decay and attention_recency."""
    choices = sample_choices(posts, window_hours, rng)
    try:
        if len(choices.features) < FEW:
            raise ValueError(f"only {len(choices.features)} replies had a choice of threads")
        fit = conditional_logit(choices)
    except ValueError as error:
        return (
            Rate(value=0.7, mark="chosen", note=str(error)),
            Rate(value=0.8, mark="chosen", note=str(error)),
            Rate(value=0.0, mark="chosen", note=str(error)),
        )
    growth = float(fit.coefficients[0])
    how = (
        f"conditional logit of {len(choices.features)} replies that answer nobody back, against up to {CONTROLS} threads "
        f"opened in the last {ALIVE_WINDOWS * window_hours:.0f} h"
    )
    return (
        Rate(
            value=round(growth, 4),
            mark="data",
            note=f"{how}; standard error {fit.errors[0]:.3f}; "
            "what sets threads apart from the start counts as growth too",
        ),
        _loss(-float(fit.coefficients[1]), float(fit.errors[1])),
        _loss(-float(fit.coefficients[2]), float(fit.errors[2])),
    )


def _loss(exponent: float, error: float) -> Rate:
    """An exponent of the same fit by which pull is lost; below 0 it is set to 0."""
    return Rate(
        value=round(max(exponent, 0.0), 4),
        mark="data",
        note=f"same fit; standard error {error:.3f}"
        + ("" if exponent >= 0 else f"; fitted {exponent:.3f}, set to 0"),
    )
