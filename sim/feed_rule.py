"""Whose interest a feed is ranked for in a step: what the policies of a feed set, whatever the community."""

from dataclasses import dataclass


@dataclass
class FeedRule:
    """Made anew at the beginning of a step from the community's settings."""

    weight: float
    """Of the reader's utility; the rest is the advocate's."""
    block: int = 1
    """Objects in a bundle that stays together."""
    ranked: bool = True
    """Whether anything is ranked; if not, objects stand as they came."""
    marked: bool = False
    """Whether what serves the advocate is marked."""
    choosing: bool = False
    """Whether readers may choose a ranking for themselves alone."""
    takers: float = 0.0
    """Where readers have no mind of their own: the share who choose it."""
    wary: float = 0.0
    """Where readers have no mind of their own: the share who pass over what is marked."""
