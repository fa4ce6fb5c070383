"""What moves people first: recent replies, those of quarrels most."""

import numpy as np

from windtunnel.policies.forum.rankers.base import Ranked, Ranker

OF_HEAT = 2.0
"""What a hot reply counts more than another. Chosen."""


def score(posts: Ranked) -> np.ndarray:
    """Recent replies in the thread, hot ones `OF_HEAT` more, and votes of either kind."""
    return posts.recent + OF_HEAT * posts.heat + posts.ups.sum(axis=1) + posts.downs.sum(axis=1)


RANKER = Ranker("heated", "what is answered most, quarrels first", score)
