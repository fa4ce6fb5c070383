"""Who comes in because somebody has answered: a hazard that falls with the hours since the answer came.

Hawkes-like: a reply wakes whom it answers, and may be answered back. The hazard of the answer is `c / (t + hours)`; `t` is
the profile's `answer_delay`, and `c` follows from `answer_back`, the share that is answered within `HORIZON`.
"""

import numpy as np

from windtunnel.sim.communities.forum.profile import Profile

HORIZON = 7 * 24.0
"""Hours after which nobody comes in for an answer any more."""

VISITS = 1.5
"""Visits for each answer of a member of the usual rate: who comes in for a reply does not always answer it. Tuned so that the share
that is answered comes out as in r/Feminism.
"""
MOST = 20.0
"""So many times as often as a member of the usual rate anybody comes in for an answer, at most. Chosen."""


def readiness(rate: np.ndarray, usual: float) -> np.ndarray:
    """How many times as often as a member of the `usual` rate each member (n,) comes in for an answer: who writes more answers more."""
    return np.minimum(rate / usual, MOST) if usual > 0 else np.zeros(len(rate))


def hazard_scale(profile: Profile) -> float:
    """`c` of the hazard; 0 where the profile has no such law."""
    share, delay = profile.answer_back.value, profile.answer_delay.value
    return -np.log1p(-min(share, 0.99)) / np.log1p(HORIZON / delay) if share and delay else 0.0


def answer_hazard(profile: Profile, hours: np.ndarray, length: float) -> np.ndarray:
    """The hazard (n,) of answering over the last `length` hours, so many `hours` (n,) after each reply; 0 beyond `HORIZON`."""
    scale, delay = hazard_scale(profile), profile.answer_delay.value
    if not scale:
        return np.zeros(len(hours))
    before = np.maximum(hours - length, 0)
    return np.where(hours <= HORIZON, scale * np.log((delay + hours) / (delay + before)), 0.0)


def unprompted(profile: Profile) -> float:
    """Share of posts and replies that come without an answer being owed, so that the others do not come on top of the
    profile's rate: each reply brings `answer_back` more.
    """
    return 1 - profile.answer_back.value * (1 - profile.new_thread_share.value)
