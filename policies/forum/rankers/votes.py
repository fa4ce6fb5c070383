"""Most votes of the day first."""

import numpy as np

from windtunnel.policies.forum.rankers.base import Ranked, Ranker, of_the_day


def score(posts: Ranked) -> np.ndarray:
    return of_the_day(posts.votes.astype(float), posts)


RANKER = Ranker("votes", "most votes of the day first", score)
