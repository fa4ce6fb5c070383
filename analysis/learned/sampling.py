"""Which rows are looked at where there are too many."""

import numpy as np


def evenly(rows: np.ndarray, most: int) -> np.ndarray:
    """At most so many of the rows (n,), spread evenly from the first to the last.

    >>> evenly(np.arange(100), 3).tolist()
    [0, 50, 99]
    """
    if len(rows) <= most:
        return rows
    return np.asarray(rows[np.linspace(0, len(rows) - 1, most).round().astype(int)])
