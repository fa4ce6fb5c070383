"""What both camps like first."""

import numpy as np

from windtunnel.policies.forum.rankers.base import Ranked, Ranker, of_the_day


def score(posts: Ranked) -> np.ndarray:
    """The share of up-votes among the votes of the camp that likes a post less, one vote of each kind added.

    `ValueError` where members are of no camps.
    """
    if not posts.camps:
        raise ValueError("ranker bridging needs two camps: set community.settings.camps=true")
    liked = (posts.ups + 1) / (posts.ups + posts.downs + 2)
    return of_the_day(liked.min(axis=1), posts)


RANKER = Ranker("bridging", "what both camps like first", score)
