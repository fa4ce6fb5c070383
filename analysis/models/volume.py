"""How much learned members wrote in a run, beside their record."""

from collections.abc import Mapping
from typing import Any

import polars as pl

FACTOR = 2.0
"""Times as much, or as little, that is said. Chosen: single draws of a place that holds its volume differ by far less."""
SIGMAS = 3.0


def wrote(community: Mapping[str, Any], events: pl.DataFrame, steps: int) -> str:
    """A sentence where members of the baseline wrote twice as much as the record, or half of it; else nothing.

    `events` has draw, seed, arm and kind. Of a cold start the record counts for as many members, of a warm one whole.
    """
    learned = community.get("learned") or {}
    forward, profile = learned.get("forward") or {}, community.get("profile") or {}
    runs = events.filter(pl.col("arm") == "baseline")
    count = runs.select("draw", "seed").unique().height
    if not forward.get("posts_per_day") or not count:
        return ""
    a_day = float(forward["posts_per_day"])
    if learned.get("start") == "cold":
        a_day = float(profile["posts_per_member_day"]["value"]) * float(community["size"])
    hours = steps * float(community.get("step_hours") or 1)
    due = a_day * hours / 24
    found = runs.filter(pl.col("kind").is_in(["post", "reply"])).height / count
    if (
        abs(found - due) * count < SIGMAS * max(due * count, 1.0) ** 0.5
        or due / FACTOR <= found <= due * FACTOR
    ):
        return ""
    times = f"{found / due:.2g} times as many"
    wrote, has = (f"{each:,.0f}" if each >= 100 else f"{each:.3g}" for each in (found, due))
    size = "" if learned.get("start") == "warm" else ", of as many members,"
    return (
        f"without the policy they wrote {wrote} posts in {hours:,.4g} hours, where the record{size} has {has}: {times}, so "
        "how much happens here is not the record's"
    )
