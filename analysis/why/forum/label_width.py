"""How wide the range over readings of the tones would be, had some posts been labelled."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

FEWEST = 3
"""Pairs of readings without which nothing is foretold."""
WEIGHT = 8
"""Pairs that the posts' own doubt counts for beside those that there are: chosen, see docs/tones.md."""
SPREAD = 0.7
"""Four widths of five or more came within so many times the root of what was foretold: fitted, see docs/tones.md."""


class Width(NamedTuple):
    """A width of shares (0..1) that is foretold, and between which ends four of five should come; None where nothing is foretold."""

    about: float | None
    low: float | None
    high: float | None


def width_with_labels(
    pairs: Sequence[tuple[float, float]], width: float, doubt: float | None = None
) -> Width:
    """How wide a range over readings, `width` now, would be on average had its labels been given.

    Each pair are the shares of two readings that agree in the posts to label, whose tones are drawn from what the reader says of
    them: half the mean of their squared differences is the variance that such labels leave (the expected posterior variance of
    Raiffa & Schlaifer 1961), and the mean of that within and between pairs is the variance of all. The range goes with the root
    of their ratio. `doubt` (0..1) is the share of the posts' doubt that labels leave: few pairs are helped out by it, and pairs that
    agree are then no proof that nothing is left. With none left the width is 0.
    """
    if doubt == 0:
        return Width(0.0, 0.0, 0.0)
    if len(pairs) < FEWEST:
        return Width(None, None, None)
    shares = np.array(pairs)
    left = float(((shares[:, 0] - shares[:, 1]) ** 2).mean() / 2)
    total = float(2 * shares.mean(axis=1).var(ddof=1) + left) / 2
    if not total:
        return Width(0.0, 0.0, 0.0) if doubt is None else Width(None, None, None)
    ratio = left / total
    if doubt is not None:
        ratio = (len(pairs) * ratio + WEIGHT * doubt) / (len(pairs) + WEIGHT)
    about = width * min(ratio, 1.0) ** 0.5
    apart = SPREAD * about**0.5
    return Width(about, max(about - apart, 0.0), min(about + apart, 1.0))
