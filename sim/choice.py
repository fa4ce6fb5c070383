"""How a choice is drawn: the Gumbel-max of log-probabilities plus addressed noise, among actions or among members."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from windtunnel.agents.minds.rules import in_parts
from windtunnel.sim import noise

TARGET = 1 << 32
"""Added to a member's id where it names an option, so that no action's column has the same address."""
MOST_TOGETHER = 1 << 12
"""Decisions up to which those of several worlds are drawn in one go; more of them fill an array of their own."""
WIDE = 32
"""Options from which on it pays to look first which of them can win."""
SPAN = 41.0
"""How far a Gumbel made of 52 bits may lie above another: an option that is less likely by more, in logs, never wins."""


def decision_ids(ids: np.ndarray, view: Any) -> np.ndarray:
    """The id (n,) that addresses each decision's chance: the member's, or that of the pair of it and whom it is about.

    `ids` are those of all members, by row.
    """
    about = getattr(view, "about", None)
    return ids[view.rows] if about is None else noise.pair(ids[view.rows], ids[about])


def choose_together(
    keys: Sequence[int], purpose: str, step: int, ids: Sequence[np.ndarray], logp: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """Columns (n,) chosen in each of several worlds, of one step and one purpose, by deciders with these `ids`; no targets are on offer."""
    count = [len(some) for some in ids]
    luck = noise.gumbel(
        np.repeat(np.array(keys, np.uint64), count), purpose, step, np.concatenate(ids), logp[0].shape[1]
    )
    luck += np.concatenate(logp)
    return in_parts(luck.argmax(axis=1), count)


def choose(key: int, purpose: str, step: int, ids: np.ndarray, view: Any, logp: np.ndarray) -> np.ndarray:
    """Columns (n,) chosen under log-probabilities (n, actions); `view.chosen` is set where targets are on offer.

    An action that is a kind of target shares its probability equally among the decider's targets of that kind, and the
    noise of a target is addressed by its id: one target more or less moves the noise of no other.
    """
    if not len(logp):
        return np.empty(0, np.int64)
    deciders = decision_ids(ids, view)
    if getattr(view, "targets", None) is None:
        return _drawn(key, purpose, step, deciders, logp)
    luck = noise.gumbel(key, purpose, step, deciders, logp.shape[1])
    luck += logp
    targets, kinds = view.targets, view.kinds
    there = targets >= 0
    counts = np.stack([((kinds == column) & there).sum(axis=1) for column in range(logp.shape[1])], axis=1)
    is_kind = np.zeros(logp.shape[1], bool)
    is_kind[np.unique(kinds[there])] = True
    luck[:, is_kind] = -np.inf
    share = np.take_along_axis(logp - np.log(np.maximum(counts, 1)), np.where(there, kinds, 0), axis=1)
    names = TARGET + np.where(there, ids[targets], 0)
    theirs = np.where(there, share + noise.gumbel(key, purpose, step, deciders, names), -np.inf)
    best = np.concatenate([luck, theirs], axis=1).argmax(axis=1)
    among = best >= logp.shape[1]
    each = np.arange(len(best))
    place = np.where(among, best - logp.shape[1], 0)
    view.chosen = np.where(among, targets[each, place], -1) if targets.shape[1] else np.full(len(best), -1)
    return np.where(among, kinds[each, place], best) if targets.shape[1] else best


def _drawn(key: int, purpose: str, step: int, deciders: np.ndarray, logp: np.ndarray) -> np.ndarray:
    """The column (n,) of the largest sum of log-probability and noise; noise is made for a stretch that holds all who can win."""
    width = logp.shape[1]
    if width < WIDE:
        return (noise.gumbel(key, purpose, step, deciders, width) + logp).argmax(axis=1)
    can_win = logp >= logp.max(axis=1, keepdims=True) - SPAN
    first = can_win.argmax(axis=1)
    length = width - can_win[:, ::-1].argmax(axis=1) - first
    best = np.empty(len(logp), np.int64)
    for low, high in ((0, width // 12), (width // 12, width // 3), (width // 3, width)):
        rows = np.flatnonzero((length > low) & (length <= high))
        start = np.minimum(first[rows], width - high)
        names = start[:, None] + np.arange(high)
        luck = noise.gumbel(key, purpose, step, deciders[rows], names)
        luck += logp[rows[:, None], names]
        best[rows] = start + luck.argmax(axis=1)
    return best
