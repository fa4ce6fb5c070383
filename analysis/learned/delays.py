"""Time passed as a few logarithms, each with a speed of its own: what every part of the likelihood makes of a delay.

One logarithm alone cannot be fast at first and slow later; with three, log-odds fall by other slopes within minutes, hours and
days. The delay law of threads, the choices of thread and post, and the rates of a simulation share these speeds.
"""

import numpy as np

SPEEDS = (10.0, 180.0, 1440.0)
"""Minutes after which each logarithm begins to count: ten minutes, three hours, a day."""
WORDS = ("10min", "3h", "1d")


def delays(minutes: np.ndarray) -> np.ndarray:
    """log(1 + minutes / speed) for each of `SPEEDS`, (n, 3); negative delays count as none.

    >>> delays(np.array([0.0, 180.0])).round(2).tolist()
    [[0.0, 0.0, 0.0], [2.94, 0.69, 0.12]]
    """
    return np.log1p(np.maximum(np.asarray(minutes, float), 0.0)[:, None] / np.array(SPEEDS))


def delay_names(of: str) -> tuple[str, ...]:
    """Names of the three columns of a delay, as `since_last_3h`."""
    return tuple(f"{of}_{word}" for word in WORDS)
