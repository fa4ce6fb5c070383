"""Who notices whom: a seeded directed graph, each member noticing a few others."""

from functools import lru_cache

import networkx as nx
import numpy as np

from windtunnel.sim import noise

ARRAY_SIZE = 20_000
"""Above this many members the graph is drawn with numpy: networkx would take minutes and gigabytes."""


@lru_cache(maxsize=8)  # all arms and seeds of a draw have one network
def follows(key: int, size: int, each: int) -> np.ndarray:
    """(size, each) rows of the members that each member notices, -1 where fewer.

    Preferential attachment (Barabási & Albert 1999): founder i notices `each` earlier members, those
    already noticed more often. One member more changes nobody else's row. The array is shared: not to be changed.
    """
    out = _by_attachment(key, size, each)
    out.flags.writeable = False
    return out


def _by_attachment(key: int, size: int, each: int) -> np.ndarray:
    out = np.full((size, each), -1, np.int32)
    if size <= each or each < 1:
        return out
    if size > ARRAY_SIZE:
        return _by_rank(key, size, each)
    graph = nx.barabasi_albert_graph(size, each, seed=key % 2**32)
    for later, earlier in graph.edges():
        later, earlier = max(later, earlier), min(later, earlier)
        out[later, np.argmax(out[later] < 0)] = earlier
    return out


def _by_rank(key: int, size: int, each: int) -> np.ndarray:
    """The same law approximately: in preferential growth the k-th member's degree falls as k^-1/2, so
    drawing an earlier member with density k^-1/2 is drawing `earlier · u²`."""
    members = np.arange(size)
    columns = []
    for place in range(each):
        luck = noise.uniform(key, f"follow {place}", 0, members)
        columns.append(np.where(members > 0, (members * luck**2).astype(np.int32), -1))
    return np.stack(columns, axis=1).astype(np.int32)
