"""Choosing one of a few norms from how good each looks to each: by a vote, a moral graph or negotiation."""

import numpy as np

from windtunnel.policies.moral_graph import edges, page_rank

METHODS = ("vote", "moral_graph", "negotiation")
LIVABLE = 0.1
"""A norm that looks worse than one's best by no more than this is one that one can live with."""


def chosen(seen: np.ndarray, method: str, livable: float = LIVABLE) -> int:
    """The norm that a method chooses, of two alike the first; `seen` (n, c) is how good each looks to each.

    >>> seen = np.array([[3.0, 2.9, 0.0], [3.0, 2.9, 0.0], [0.0, 2.9, 3.0]])
    >>> chosen(seen, "vote"), chosen(seen, "negotiation")
    (0, 1)
    """
    count = seen.shape[1]
    best = seen.argmax(axis=1)
    if method == "vote":
        return int(np.bincount(best, minlength=count).argmax())
    if method == "negotiation":
        return int((seen >= seen.max(axis=1, keepdims=True) - livable).sum(axis=0).argmax())
    wiser = (seen[:, None, :] > seen[:, :, None]).sum(axis=0)
    return int(page_rank(edges(wiser, wiser.T, np.zeros_like(wiser))).argmax())
