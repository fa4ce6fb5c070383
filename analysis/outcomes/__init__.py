"""Outcomes: each one function of the events, members and measures of runs, with a polarity declared beside it.

A community's outcomes are one module here with a table `OUTCOMES`, and a yaml each in `conf/outcome` for the threshold;
those of other packages register under the entry point group `windtunnel.outcomes`.
"""

from windtunnel.analysis.outcomes.base import RUN, Outcome, Part, Runs, direction, per_run, threshold_of
from windtunnel.analysis.outcomes.forum import OUTCOMES, published, readable
from windtunnel.analysis.outcomes.registry import (
    check_counted,
    find_outcome,
    known_outcomes,
    leading,
    measure_all,
    stand_in,
)

__all__ = [
    "OUTCOMES",
    "RUN",
    "Outcome",
    "Part",
    "Runs",
    "check_counted",
    "direction",
    "find_outcome",
    "known_outcomes",
    "leading",
    "measure_all",
    "per_run",
    "published",
    "readable",
    "stand_in",
    "threshold_of",
]
