"""The noise that an observed choice must have had: Gumbels given which option was the largest.

A choice is the argmax of log-probabilities plus standard Gumbels. Given the option taken, the largest value is a Gumbel
around the logsumexp of all, whatever the option, and the others are Gumbels cut off below it (Maddison, Tarlow & Minka
2014, "A* sampling"; Oberst & Sontag 2019, who use it for counterfactuals).
"""

import numpy as np


def posterior_gumbels(logp: np.ndarray, taken: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Noise (n, m) under which `taken` (n,) is chosen: `(logp + noise).argmax(axis=1) == taken`.

    `logp` (n, m) are log-probabilities, any shift a row; -inf marks an option that was not on offer, which
    keeps its `prior` noise. `prior` (n, m) are standard Gumbels, of which these are a function: the option taken
    uses its own for the largest value T, the others -log(exp(-T) + E·exp(-logp)) with -log E their own.

    >>> g = posterior_gumbels(np.log([[0.9, 0.1]]), np.array([1]), np.array([[2.0, -1.0]]))
    >>> int((np.log([[0.9, 0.1]]) + g).argmax())
    1
    """
    each = np.arange(len(logp))
    offered = logp > -np.inf
    if not offered[each, taken].all():
        raise ValueError("an option that was not on offer cannot have been taken")
    total = np.logaddexp.reduce(logp, axis=1)
    top = total + prior[each, taken]
    value = -np.logaddexp(-top[:, None], -(prior + np.where(offered, logp, 0.0)))
    value[each, taken] = top
    return np.where(offered, value - np.where(offered, logp, 0.0), prior)


def posterior_uniform(prior: np.ndarray, chance: np.ndarray, active: np.ndarray) -> np.ndarray:
    """Uniforms given that they fell below `chance` (where `active`) or not, from `prior` ones; all of shape (n,)."""
    return np.where(active, prior * chance, chance + prior * (1 - chance))
