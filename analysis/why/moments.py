"""The last effective moment: how well the act would still have worked, moment by moment."""

from typing import Any

import numpy as np

from windtunnel.agents.minds.base import Mind
from windtunnel.analysis.causal.intervals import share
from windtunnel.analysis.why.answer import pairs
from windtunnel.analysis.why.case import Case
from windtunnel.analysis.why.question import Question

LIKELY = 0.5
"""An act is effective at a moment where it averts the incident with at least this probability."""


def curve(
    case: Case,
    question: Question,
    mind: Mind,
    *,
    moments: int,
    futures: int,
    likely: float = LIKELY,
    until: int | None = None,
) -> dict[str, Any]:
    """For a grid of moments from the beginning to step `until` (the incident's peak), in how many futures the act averts it.

    At each moment `futures` pairs share the past up to it and redraw chance. `points` has `step`, `happened` (without
    the act), `averted`, and the share averted with its interval; `last` and `first` are the latest and the
    earliest moment with a share of at least `likely`, None if there is none. It need not fall steadily, so
    nothing between the moments is claimed.
    """
    until = case.incident.peak if until is None else until
    grid = np.unique(np.linspace(case.first, max(until, case.first + 1), moments).round().astype(int))
    points = []
    for step in grid.tolist():
        without, with_ = pairs(case, question, mind, range(futures), step)
        came, averted = without.y == 1, (without.y == 1) & (with_.y == 0)
        found = share(averted, came)
        points.append(
            {"step": step, "happened": int(came.sum()), "averted": int(averted.sum()), **found._asdict()}
        )
    good = [point["step"] for point in points if point["est"] is not None and point["est"] >= likely]
    return {
        "futures": futures,
        "likely": likely,
        "points": points,
        "last": max(good, default=None),
        "first": min(good, default=None),
    }
