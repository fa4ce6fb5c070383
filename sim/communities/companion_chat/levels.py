"""What users may say and companions reply, and the DelusionScore of what is said."""

import numpy as np
from scipy.special import expit

LEVELS = ("sober", "wondering", "suspecting", "convinced", "certain")
"""What a user may say, by how far it departs from what others hold to be real."""
POSITION = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
"""The conviction that each level speaks of."""
REPLIES = ("affirm", "listen", "ground")
HIGH = 0.7
"""The DelusionScore from which on turns are counted as high."""


def level_score(position: np.ndarray) -> np.ndarray:
    """The DelusionScore (n,) in (0, 1) of what speaks of these convictions.

    >>> level_score(POSITION).round(2).tolist()
    [0.11, 0.29, 0.57, 0.82, 0.94]
    """
    return expit(6 * (position - 0.45))
