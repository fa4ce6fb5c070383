"""Value systems learned from choices: how much each agent minds each value, and which agents mind alike.

Each choice is between two things that realise values by so much, r_a and r_b (m,); an agent with the weights w on the simplex prefers the
first with probability logistic(sharpness · w · (r_a - r_b)) (Bradley-Terry). Weights are fitted agent by agent; societies are clusters of agents.
*Discordance* is 1 - the share of choices that a value system foretells; *representativity* 1 - the mean discordance of a society's own
system over its agents; *conciseness* the least discordance of a society's system over the agents of another. The number of societies is
that with the largest Dunn index (least distance between over largest distance within), one where none stands out.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.optimize import minimize
from scipy.special import expit

SEPARATE = 1.0
"""Dunn index from which on agents are told apart as societies: any two of different societies are further apart than any of one."""
LEAST = 0.05
"""Distances within a society below this count as this much: no estimate is as sure as that."""


class ValueSystem(NamedTuple):
    """`weights` (m,) of 0 and more that add up to 1, and how sharply choices follow them."""

    weights: np.ndarray
    sharpness: float


def fit_values(differences: np.ndarray, chosen: np.ndarray) -> ValueSystem:
    """The value system of choices (n, m): what the first realises more than the second, and whether it was `chosen` (n,).

    Maximum likelihood over sharpness · weights >= 0, with a penalty of .5e-3 of its square, which keeps a choice that never errs finite.
    `ValueError` without choices, or where no value tells any two things apart.
    """
    differences, sign = np.asarray(differences, float), np.where(chosen, 1.0, -1.0)
    if not len(differences):
        raise ValueError("there are no choices to learn from")
    if not differences.any():
        raise ValueError("in no choice does any value differ: nothing can be learned from them")
    turned = differences * sign[:, None]

    def loss(scaled: np.ndarray) -> tuple[float, np.ndarray]:
        odds = turned @ scaled
        slope = turned.T @ expit(-odds)
        return float(np.logaddexp(0, -odds).sum() + 5e-4 * scaled @ scaled), 1e-3 * scaled - slope

    start = np.full(differences.shape[1], 1.0)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(start)).x
    total = float(found.sum())
    weights = found / total if total > 0 else np.full(len(start), 1 / len(start))
    return ValueSystem(weights, total)


def discordance(weights: np.ndarray, differences: np.ndarray, chosen: np.ndarray) -> float:
    """Share of choices that these weights do not foretell; a tie is half wrong."""
    preferred = differences @ weights
    right = np.where(np.abs(preferred) < 1e-12, 0.5, (preferred > 0) == np.asarray(chosen, bool))
    return float(1 - right.mean())


def dunn(weights: np.ndarray, society: np.ndarray) -> float:
    """Least distance (L1) between agents of two societies, over the largest within one; 0 for one society."""
    if len(np.unique(society)) < 2:
        return 0.0
    apart = np.abs(weights[:, None, :] - weights[None, :, :]).sum(axis=2)
    same = society[:, None] == society[None, :]
    return float(apart[~same].min() / max(LEAST, apart[same].max()))


def societies(weights: np.ndarray, most: int | None = None) -> np.ndarray:
    """The society (n,) of each agent, numbered from 0 in the agents' order: complete linkage in L1, as many as the Dunn index says."""
    count = len(weights)
    one = np.zeros(count, int)
    if count < 3:
        return one
    tree = linkage(weights, "complete", metric="cityblock")
    tried = [fcluster(tree, number, "maxclust") for number in range(2, min(most or count - 1, count - 1) + 1)]
    scores = [dunn(weights, each) for each in tried]
    if not tried or max(scores) <= SEPARATE:
        return one
    best = tried[int(np.argmax(scores))]
    first: dict[int, int] = {}
    return np.array([first.setdefault(int(each), len(first)) for each in best])


def learn_values(
    agent: Sequence[Any], differences: np.ndarray, chosen: np.ndarray, *, most: int | None = None
) -> dict[str, Any]:
    """Value systems of agents, and their societies, as one record: `agents`, `societies`, `representativity`, `conciseness`, `dunn`.

    `agent` (n,) says who chose, `differences` (n, m) and `chosen` (n,) are as in `fit_values`; `most` bounds the number of societies.
    """
    names = list(dict.fromkeys(agent))
    rows = {name: np.flatnonzero([one == name for one in agent]) for name in names}
    fitted = [fit_values(differences[rows[name]], chosen[rows[name]]) for name in names]
    weights = np.stack([one.weights for one in fitted])
    society = societies(weights, most)
    told, own, other = [], [], []
    for number in range(society.max() + 1):
        inside = [name for name, where in zip(names, society, strict=True) if where == number]
        all_ = np.concatenate([rows[name] for name in inside])
        shared = fit_values(differences[all_], chosen[all_]).weights
        wrong = {name: discordance(shared, differences[rows[name]], chosen[rows[name]]) for name in names}
        own.append(float(np.mean([wrong[name] for name in inside])))
        other += [wrong[name] for name in names if name not in inside]
        told.append({"society": number, "agents": inside, "weights": shared.tolist(), "discordance": own[-1]})
    agents = [
        {
            "agent": name,
            "society": int(where),
            "weights": one.weights.tolist(),
            "sharpness": one.sharpness,
            "choices": len(rows[name]),
            "discordance": discordance(one.weights, differences[rows[name]], chosen[rows[name]]),
        }
        for name, where, one in zip(names, society, fitted, strict=True)
    ]
    return {
        "agents": agents,
        "societies": told,
        "representativity": 1 - float(np.mean(own)),
        "conciseness": min(other) if other else None,
        "dunn": dunn(weights, society),
    }
