"""What a ranker is: a function of posts that gives each a number; the highest stands first."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

DAY = 24.0
"""Hours after which a post is no longer of the day."""
_SUNK = 1e9


class Ranked(NamedTuple):
    """What is known of n posts. `ups` and `downs` (n, 2) are votes by the voter's camp, all in the first where there are none."""

    age: np.ndarray
    """Hours since it was written (n,)."""
    votes: np.ndarray
    """Up-votes less down-votes (n,), planted ones included."""
    replies: np.ndarray
    """Visible replies (n,): to a reply; in its thread, to an opening post."""
    recent: np.ndarray
    """Recent replies in its thread (n,), each half as much after the community's half-life."""
    heat: np.ndarray
    """The hot ones of them (n,)."""
    ups: np.ndarray
    downs: np.ndarray
    camps: bool
    """Whether members are of two camps."""


class Ranker(NamedTuple):
    """`score` gives (n,) numbers. Equal ones stand newest first."""

    name: str
    summary: str
    score: Callable[[Ranked], np.ndarray]


def of_the_day(score: np.ndarray, posts: Ranked) -> np.ndarray:
    """The scores, those of posts older than a day below all others."""
    return np.where(posts.age <= DAY, score, score - _SUNK)
