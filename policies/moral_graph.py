"""A moral graph (Klingefjord, Lowe & Edelman 2024, arXiv 2404.10636): which of several norms people find wiser, and which comes out on top.

Votes are counts (c, c): `wiser[a, b]` people found b wiser than a, `not_wiser[a, b]` did not, `unsure[a, b]` did not know.
"""

import numpy as np

DAMPING, ITERATIONS = 0.85, 100
LEAST_VOTES, LEAST_LIKELIHOOD, MOST_ENTROPY = 2, 0.33, 1.69


def edges(wiser: np.ndarray, not_wiser: np.ndarray, unsure: np.ndarray) -> np.ndarray:
    """Weights (c, c) of the edges a -> b that are kept: the likelihood that b is wiser, 0 where there is no edge.

    Likelihood = (wiser - less wise) / all votes, where who finds a wiser than b finds b less wise. Kept with at least two votes
    for it, a likelihood of .33 and an entropy of the votes of at most 1.69 bits.
    """
    less = wiser.T
    votes = np.stack([wiser, not_wiser, unsure, less]).astype(float)
    total = votes.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        likelihood = np.where(total > 0, (wiser - less) / total, 0.0)
        share = np.where(total > 0, votes / total, 0.0)
        entropy = -np.where(share > 0, share * np.log2(share), 0.0).sum(axis=0)
    kept = (wiser >= LEAST_VOTES) & (likelihood >= LEAST_LIKELIHOOD) & (entropy <= MOST_ENTROPY)
    return np.where(kept, likelihood, 0.0)


def page_rank(weights: np.ndarray) -> np.ndarray:
    """Scores (c,) by weighted PageRank: start 1/c, 100 rounds, damping .85; what has no way out keeps nothing for the others.

    >>> page_rank(np.array([[0.0, 1.0], [0.0, 0.0]])).round(4)
    array([0.075 , 0.1388])
    """
    count = len(weights)
    out = weights.sum(axis=1, keepdims=True)
    passed = np.divide(weights, out, out=np.zeros_like(weights, dtype=float), where=out > 0)
    score = np.full(count, 1 / count)
    for _ in range(ITERATIONS):
        score = (1 - DAMPING) / count + DAMPING * (score @ passed)
    return score


def upgrades(weights: np.ndarray, winner: int, most: int = 2) -> np.ndarray:
    """Which norms (c,) bool lead to the winner in at most so many edges, itself included."""
    near = np.zeros(len(weights), bool)
    near[winner] = True
    for _ in range(most):
        near = near | ((weights > 0) @ near.astype(int) > 0)
    return near


def to_ask(wiser: np.ndarray, not_wiser: np.ndarray, unsure: np.ndarray, held: np.ndarray) -> np.ndarray:
    """How much each ordered pair (c, c) is worth asking next: .3 popularity + .3 convergence + .4 sparsity, each 0 to 1.

    `held` (c,) counts who holds each norm. Popularity is that of both, convergence how far the votes agree already, sparsity how few
    there are. A norm beside itself is never asked.
    """
    asked = wiser + not_wiser + unsure
    most = max(1.0, float(held.max()))
    popular = (held[:, None] + held[None, :]) / (2 * most)
    agreed = np.divide(np.maximum(wiser, not_wiser), asked, out=np.zeros(asked.shape), where=asked > 0)
    worth = 0.3 * popular + 0.3 * agreed + 0.4 / (1 + asked)
    np.fill_diagonal(worth, -1.0)
    return worth
