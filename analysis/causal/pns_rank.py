"""Ranking by the least probability of necessity and sufficiency: who or what surely made a difference, and how sure that is.

From rates alone PNS is at least max(0, p1 - p0) (Tian & Pearl 2000; of a harm that is prevented, p0 - p1). So a ranking by it asks
nothing of how twins share chance. Its interval is a bootstrap of whole draws.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

REPEATS = 2000


class Pairs(NamedTuple):
    """Outcomes (n,) of 0 and 1 without and with one candidate, and the draw (n,) that each pair belongs to."""

    draw: np.ndarray
    without: np.ndarray
    with_: np.ndarray


def least_pns(without: Any, with_: Any, direction: str) -> Any:
    """The lower bound of PNS from the two rates: numbers or arrays.

    >>> least_pns(0.5, 0.25, "preventive"), least_pns(0.5, 0.25, "generative")
    (0.25, 0.0)
    """
    gained = with_ - without if direction == "generative" else without - with_
    return np.maximum(0.0, gained) if isinstance(gained, np.ndarray) else max(0.0, gained)


def rank_by_pns(
    candidates: Mapping[str, Pairs], direction: str, *, confidence: float = 0.95, repeats: int = REPEATS
) -> list[dict[str, Any]]:
    """A row a candidate, the surest first: `name`, `rank`, `least_pns` (est, low, high), and whether it is `tied` with the first.

    Resampled draws are the same for all candidates (seeded), so that two of them are compared draw by draw: tied is who has a
    difference to the first whose interval holds 0. Of equals, the order given stays.
    """
    if not candidates:
        return []
    draws = np.unique(np.concatenate([one.draw for one in candidates.values()]))
    weights = np.random.default_rng(0).multinomial(len(draws), np.full(len(draws), 1 / len(draws)), repeats)
    rates = {name: _rates(one, draws, weights) for name, one in candidates.items()}
    found = {
        name: float(least_pns(float(one.without.mean()), float(one.with_.mean()), direction))
        for name, one in candidates.items()
    }
    again = {name: least_pns(without, with_, direction) for name, (without, with_) in rates.items()}
    order = sorted(candidates, key=lambda name: -found[name])
    tail = [(1 - confidence) / 2, (1 + confidence) / 2]
    rows = []
    for place, name in enumerate(order):
        low, high = np.quantile(again[name], tail)
        apart = np.quantile(again[order[0]] - again[name], tail[0])
        rows.append(
            {
                "name": name,
                "rank": place + 1,
                "least_pns": {"est": found[name], "low": float(low), "high": float(high)},
                "tied": bool(apart <= 0),
            }
        )
    return rows


def _rates(one: Pairs, draws: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both rates (repeats,) under weights (repeats, draws) of the draws; a resample without any pair counts as none."""
    place = np.searchsorted(draws, one.draw)
    size = np.bincount(place, minlength=len(draws)).astype(float)
    whole = np.maximum(weights @ size, 1.0)
    sums = (np.bincount(place, column, len(draws)) for column in (one.without, one.with_))
    without, with_ = (weights @ each / whole for each in sums)
    return without, with_


def smallest_set(
    names: Sequence[str], share: Callable[[tuple[str, ...]], float], wanted: float
) -> list[tuple[str, float]]:
    """The fewest that together reach `wanted`, found greedily: names in the order taken, each with the share reached with it.

    `share` says which part of the incidents is gone without a set. It ends where nobody adds anything, short of `wanted` if need be.
    """
    taken: list[tuple[str, float]] = []
    left, reached = list(names), 0.0
    while left and reached < wanted:
        tried = {name: share((*(one for one, _ in taken), name)) for name in left}
        best = max(left, key=lambda name: tried[name])
        if tried[best] <= reached:
            break
        reached = tried[best]
        taken.append((best, reached))
        left.remove(best)
    return taken
