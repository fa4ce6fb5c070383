"""Votes against age: ten times the votes outweigh half a day."""

import numpy as np

from windtunnel.policies.forum.rankers.base import Ranked, Ranker

HOURS = 12.5
"""Hours that ten times as many votes make up for: 45,000 seconds, as in the ranking that Reddit published."""


def score(posts: Ranked) -> np.ndarray:
    """The logarithm (base 10) of votes, with their sign, less the age in units of `HOURS`."""
    return np.sign(posts.votes) * np.log10(np.maximum(np.abs(posts.votes), 1)) - posts.age / HOURS


RANKER = Ranker("hot", "votes against age", score)
