"""A replayed rule read back from the JSON that `windtunnel replay --json` prints."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from windtunnel.analysis.causal.intervals import Estimate
from windtunnel.analysis.rules.agreement import Agreement
from windtunnel.analysis.rules.reach import Group, Period, Reach
from windtunnel.analysis.rules.replaying import TOUCHES, Clause, OfRule, Replayed, Word

OVER_ALL = ("numbers", "taken", "chance", "judged")
"""What speaks of every post, and is not printed."""


def replayed_of(content: Mapping[str, Any]) -> Replayed:
    """What `Replayed.content` gave, as it was but for the columns over all posts, which are empty."""
    left = {
        "follows",
        "rules",
        "clauses",
        "words",
        "groups",
        "periods",
        "reach",
        "agreements",
        "hours",
        "notes",
        "touches",
    }
    whole: dict[str, Any] = {name: value for name, value in content.items() if name not in left}
    agreements = [
        Agreement(**(one | {part: Estimate(**one[part]) for part in ("precision", "recall")}))
        for one in content["agreements"]
    ]
    touches = [{name: row.get(name) for name in TOUCHES} for row in content["touches"]]
    whole |= {name: np.zeros(0) for name in OVER_ALL}
    return Replayed(
        **whole,
        rules=tuple(OfRule(**one) for one in content["rules"]),
        clauses=tuple(Clause(**one) for one in content["clauses"]),
        words=tuple(Word(**one) for one in content["words"]),
        groups=tuple(Group(**one) for one in content["groups"]),
        periods=tuple(Period(**one) for one in content["periods"]),
        hours=tuple(content["hours"]),
        agreements=tuple(agreements),
        reach=tuple(Reach(**one) for one in content["reach"]),
        notes=tuple(content["notes"]),
        touches=pl.DataFrame(touches, schema=TOUCHES),
    )
