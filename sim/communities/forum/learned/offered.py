"""What a recorded forum of learned members has in sight, and what draws all members alike to it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Offered:
    """Posts in sight by thread: `roots` (m,), `posts` (n,) thread by thread, `start` (m,) of each thread, `of` (n,) its place, and of
    each thread its `latest` post (m,), in sight or not."""

    roots: np.ndarray
    posts: np.ndarray
    start: np.ndarray
    of: np.ndarray
    latest: np.ndarray

    @cached_property
    def place(self) -> dict[int, int]:
        """Of each thread its place."""
        return {root: at for at, root in enumerate(self.roots.tolist())}


@dataclass(frozen=True)
class Common:
    """Log scores of threads (m,) and of posts (n,) that all newcomers, or all others, share, and what they come to without what is a
    member's own: `within` (m,) each thread, `chance` (m,) of it, `weights` (n,) of posts."""

    thread: np.ndarray
    post: np.ndarray
    within: np.ndarray
    chance: np.ndarray
    weights: np.ndarray


def shares(thread: np.ndarray) -> np.ndarray:
    """Log chances of threads with these log scores (m,)."""
    with np.errstate(invalid="ignore"):
        return np.asarray(thread - np.logaddexp.reduce(thread))


def weights_of(offered: Offered, chance: np.ndarray, post: np.ndarray, within: np.ndarray) -> np.ndarray:
    """Log chances (n,) of posts: of their thread, and within it."""
    with np.errstate(invalid="ignore"):
        weights = chance[offered.of] + post - within[offered.of]
    return np.where(np.isfinite(weights), weights, -np.inf)
