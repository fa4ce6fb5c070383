"""Push and pull: whose interest a ranking serves, exactly (arXiv 2405.14614).

A ranking puts n objects into n places with discounts d_0 = 1 >= d_1 >= ... >= 0. With u the utility of each object for the one who
reads and v for an advocate, U = sum d u and V = sum d v. The ranking for a weight L in [0, 1] maximises L U + (1 - L) V over what the
technology allows: objects stand in blocks, in a fixed order inside, and only blocks may change places. Then

    pull(L) = U(L) / U(1), push(L) = V(L) / V(0), both in [0, 1] where u, v >= 0
"""

from collections.abc import Iterable
from itertools import permutations
from typing import Literal, NamedTuple

import numpy as np

EXHAUSTIVE = 7
"""Up to so many blocks of unequal sizes all orders are tried; of more, a local search ends where no exchange helps."""
_TIE = 1e-9


class Attention(NamedTuple):
    """What a ranking gives to who reads and to the advocate, and as shares of the most that each could have."""

    reader: float
    advocate: float
    pull: float
    push: float


def _assigned(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The assignment of most worth: SciPy's, which takes a while to load and which few places need."""
    from scipy.optimize import linear_sum_assignment

    part, place = linear_sum_assignment(table, maximize=True)
    return part, place


def discounts(places: int, cutoff: int | None = None) -> np.ndarray:
    """Weights (places,): 1 / log2(k + 2), or 1 for the first `cutoff` places and 0 after.

    >>> discounts(3).round(3).tolist(), discounts(3, 1).tolist()
    ([1.0, 0.631, 0.5], [1.0, 0.0, 0.0])
    """
    k = np.arange(places)
    return 1 / np.log2(k + 2) if cutoff is None else (k < cutoff).astype(float)


def ranking(
    u: np.ndarray,
    v: np.ndarray,
    weight: float,
    discount: np.ndarray,
    blocks: np.ndarray | None = None,
    against: bool = False,
) -> np.ndarray:
    """Objects (n,) in the order of the best ranking for this weight; `blocks` (n,) says which block each is in.

    Blocks of one object are sorted, of equal sizes assigned (both exact), of unequal sizes tried (see `EXHAUSTIVE`). Of two as good
    the one that is better for the party of less weight; `against`: worse. That matters at weights 0 and 1 alone.
    """
    other = (v if weight >= 0.5 else u) * (-1 if against else 1)
    gain = weight * u + (1 - weight) * v + _TIE * other
    if blocks is None:
        return np.argsort(-gain, kind="stable")
    parts = [np.flatnonzero(blocks == name) for name in dict.fromkeys(blocks.tolist())]
    sizes = {len(part) for part in parts}
    if sizes == {1}:
        firsts = np.concatenate(parts)
        return firsts[np.argsort(-gain[firsts], kind="stable")]
    if len(sizes) == 1:
        (size,) = sizes
        laid = discount[: len(parts) * size].reshape(-1, size)
        table = gain[np.stack(parts)] @ laid.T
        part, place = _assigned(table)
        order = part[np.argsort(place)]
    else:
        order = np.array(_unequal([gain[part] for part in parts], discount))
    return np.concatenate([parts[k] for k in order])


def rankings(
    u: np.ndarray, v: np.ndarray, weight: np.ndarray, discount: np.ndarray, size: int | np.ndarray
) -> np.ndarray:
    """What `ranking` gives for each of n readers with u, v (n, objects) and weight (n,), objects standing in blocks of `size`
    one after the other, of which `objects` is a multiple.
    """
    count, objects = u.shape
    size = int(size)
    blocks = objects // size
    share = weight[:, None]
    gain = share * u + (1 - share) * v + _TIE * np.where(share >= 0.5, v, u)
    tables = gain.reshape(count, blocks, size) @ discount[:objects].reshape(blocks, size).T
    order = np.empty((count, blocks), np.int64)
    for row, table in enumerate(tables):
        part, place = _assigned(table)
        order[row, place] = part
    return (order[:, :, None] * size + np.arange(size)).reshape(count, objects)


def _unequal(gains: list[np.ndarray], discount: np.ndarray) -> list[int]:
    """The order of blocks of unequal sizes: all tried, or a local search by exchanges of two."""

    def worth(order: Iterable[int]) -> float:
        return float(np.concatenate([gains[k] for k in order]) @ discount[: sum(map(len, gains))])

    if len(gains) <= EXHAUSTIVE:
        every = permutations(range(len(gains)))
        return list(max(every, key=worth))
    best = tuple(sorted(range(len(gains)), key=lambda k: -gains[k].mean()))
    while True:
        near = []
        for one in range(len(best)):
            for two in range(one + 1, len(best)):
                changed = list(best)
                changed[one], changed[two] = changed[two], changed[one]
                near.append(tuple(changed))
        found = max(near, key=worth)
        if worth(found) <= worth(best) + 1e-12:
            return list(best)
        best = found


def attention(
    u: np.ndarray,
    v: np.ndarray,
    weight: float,
    discount: np.ndarray,
    blocks: np.ndarray | None = None,
    normalise: Literal["ratio", "range"] = "ratio",
    against: bool = False,
) -> Attention:
    """Push and pull of the best ranking for this weight.

    `ratio` divides by the most that is possible; `range` measures from the least to the most, so that in a zero-sum place
    both add up to 1. Where nothing can be had the share is 1.
    """
    order = ranking(u, v, weight, discount, blocks, against)
    reader, advocate = (float(values[order] @ discount) for values in (u, v))
    shares = []
    for values, got in ((u, reader), (v, advocate)):
        most = float(values[ranking(values, values, 1.0, discount, blocks)] @ discount)
        least = 0.0
        if normalise == "range":
            least = float(values[ranking(-values, -values, 1.0, discount, blocks)] @ discount)
        shares.append((got - least) / (most - least) if most - least > 1e-12 else 1.0)
    return Attention(reader, advocate, *shares)
