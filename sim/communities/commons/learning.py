"""Social learning in a commons: members who did worse copy those who did better."""

import numpy as np
from scipy.special import ndtri

from windtunnel.policies.base import WorldFace
from windtunnel.sim.communities.commons.state import CommonsState


def learn(commons: CommonsState, world: WorldFace) -> None:
    """A few pairs meet; who did worse copies the other's greed and readiness to punish, with a small error."""
    rows = np.flatnonzero(commons.here)
    if not commons.settings.learning or len(rows) < 2:
        return
    meetings = np.arange(commons.settings.learning)
    first = (world.chance("learner", meetings) * len(rows)).astype(int)
    other = (first + 1 + (world.chance("model", meetings) * (len(rows) - 1)).astype(int)) % len(rows)
    scale = max(0.2, 0.3 * float(np.abs(commons.gained[rows]).mean()))
    lots, errors = (
        world.chance("copy", meetings),
        ndtri(world.chance("error", np.arange(2 * len(meetings)))),
    )
    for k, (i, j) in enumerate(zip(rows[first], rows[other], strict=True)):
        if lots[k] < 1 / (1 + np.exp(-(commons.gained[j] - commons.gained[i]) / scale)):
            commons.greed[i] = np.clip(commons.greed[j] + 0.03 * errors[2 * k], 0, 1)
            commons.punish[i] = np.clip(commons.punish[j] + 0.03 * errors[2 * k + 1], 0, 1)


def mean_of_others(values: np.ndarray) -> np.ndarray:
    """For each member the mean of the others' values (n,); NaN among them is left out, and where there are none."""
    known = ~np.isnan(values)
    total, count = np.where(known, values, 0).sum(), known.sum()
    less = np.where(known, values, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count - known > 0, (total - less) / (count - known), np.nan)
