"""What each member has done to which post, so that nobody does it twice."""

import numpy as np


class Once:
    """Pairs of a member and a post (rows), kept sorted."""

    def __init__(self) -> None:
        self._pairs = np.empty(0, np.int64)

    def has(self, members: np.ndarray, posts: np.ndarray) -> np.ndarray:
        """Bool (n,): is this pair here; a post below 0 is none."""
        if not len(self._pairs):
            return np.zeros(len(members), bool)
        asked = _pair(members, posts)
        place = np.minimum(np.searchsorted(self._pairs, asked), len(self._pairs) - 1)
        return (self._pairs[place] == asked) & (posts >= 0)

    def add(self, members: np.ndarray, posts: np.ndarray) -> None:
        """Note these pairs."""
        if len(members):
            both = np.concatenate([self._pairs, np.sort(_pair(members, posts))])
            both.sort(kind="stable")  # merges two sorted runs
            self._pairs = both


def _pair(members: np.ndarray, posts: np.ndarray) -> np.ndarray:
    return (members.astype(np.int64) << 32) | posts.astype(np.int64)
