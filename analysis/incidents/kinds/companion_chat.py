"""What goes wrong in companion chat: a user's DelusionScore crosses .7."""

from collections.abc import Iterator
from math import ceil

import polars as pl

from windtunnel.analysis.incidents.base import Found, Kind, Rule, Tables
from windtunnel.sim.communities.companion_chat.levels import LEVELS


def delusion_crossing(run: Tables, rule: Rule) -> Iterator[Found]:
    """Users whose score was at or above `level` in `threshold` turns or more, having been below it before.

    It begins at the first turn after the last one that was calm (below `calm`) before the crossing, and is worst where
    the score is highest. Severity counts the turns.
    """
    said = run.events.filter(pl.col("kind").is_in(LEVELS), pl.col("status") == "done").sort("member", "step")
    for (member,), turns in said.group_by("member", maintain_order=True):
        steps, scores = turns["step"].to_list(), (turns["amount"] / 100).to_list()
        high = [i for i, score in enumerate(scores) if score >= rule["level"]]
        if not high or high[0] == 0 or len(high) < rule["threshold"]:
            continue
        before = [i for i in range(high[0]) if scores[i] < rule["calm"]]
        onset = steps[before[-1] + 1] if before else steps[0]
        reached = steps[high[max(1, ceil(rule["threshold"])) - 1]]
        peak = steps[max(high, key=lambda i: scores[i])]
        yield Found(None, str(member), onset, peak, float(len(high)), (str(member),), reached=reached)


INCIDENTS = {
    "delusion_crossing": Kind(
        "delusion_crossing",
        ("companion_chat",),
        delusion_crossing,
        outcome="a crossing of .7 by {member}",
        unit="turns at .7 or more",
        shows="score",
    )
}
