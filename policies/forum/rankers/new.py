"""Newest first."""

import numpy as np

from windtunnel.policies.forum.rankers.base import Ranked, Ranker


def score(posts: Ranked) -> np.ndarray:
    return -posts.age


RANKER = Ranker("new", "newest first", score)
