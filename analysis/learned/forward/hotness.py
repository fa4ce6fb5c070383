"""A lasting hotness of threads beside what is seen of them: a gamma law of mean 1, by expectation and maximisation."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

from windtunnel.analysis.learned.forward.likelihood import choices
from windtunnel.analysis.learned.forward.replay import Choice

ROUNDS = 4
LEAST_CHOICES = 300
"""With fewer recorded choices threads are alike but for what is seen of them."""
SHAPES = (0.1, 50.0)
"""Shapes between which the law is searched; at the upper end threads count as alike."""


def lasting_hotness(threads: Mapping[str, Sequence[Choice]]) -> tuple[float, np.ndarray]:
    """The law's shape (0: threads are alike), and the log of each thread's expected hotness given all that came to it.

    In turn the choices are fitted with the hotness so far, and the hotness from how many chose a thread (n) and how many should
    have (e): n is Poisson with mean h e, so that h has mean (k + n) / (k + e), and k maximises the negative binomial
    likelihood of all n. Shares of a sampled choice set are scaled up to the whole set.
    """
    made = [each for some in threads.values() for each in some]
    count = 1 + max((int(each.names.max()) for each in made), default=0)
    alike = np.zeros(count)
    if len(made) < LEAST_CHOICES:
        return 0.0, alike
    hot, shape = alike.copy(), 0.0
    begin: dict[str, np.ndarray] = {}
    came = np.bincount([int(each.names[each.taken]) for each in made], minlength=count).astype(float)
    for _ in range(ROUNDS):
        expected = np.zeros(count)
        for who, some in threads.items():
            if len(some) >= 30:
                begin[who], more = _expected(some, hot, count, begin.get(who))
                expected += more
        shape = _shape(came, expected)
        if shape >= 0.99 * SHAPES[1]:
            return 0.0, alike
        hot = np.log((shape + came) / (shape + expected))
    return round(shape, 3), hot


def _expected(
    made: Sequence[Choice], hot: np.ndarray, count: int, start: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """The choice's coefficients, and how many of these choices each thread would have had, were all as hot as what is seen of
    them says."""
    found = choices(
        [each.options.astype(float) for each in made],
        [each.taken for each in made],
        [hot[each.names] for each in made],
        start,
    )
    out = np.zeros(count)
    for each in made:
        plain = each.options.astype(float) @ found.value
        weight = np.full(len(plain), (each.many - 1) / max(len(plain) - 1, 1))
        weight[each.taken] = 1.0
        total = float((weight * np.exp(plain + hot[each.names])).sum())
        np.add.at(out, each.names, weight * np.exp(plain) / total)
    return found.value, out


def _shape(came: np.ndarray, expected: np.ndarray) -> float:
    """The shape under which what came is likeliest: negative binomial with means `expected`."""
    seen = (expected > 0) | (came > 0)
    n, e = came[seen], np.maximum(expected[seen], 1e-9)

    def loss(log_shape: float) -> float:
        k = np.exp(log_shape)
        return -float((gammaln(n + k) - gammaln(k) + k * np.log(k / (k + e)) + n * np.log(e / (k + e))).sum())

    return float(np.exp(minimize_scalar(loss, bounds=tuple(np.log(SHAPES)), method="bounded").x))
