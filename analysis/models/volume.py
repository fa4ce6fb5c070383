"""How much learned members wrote in a run, beside their record, and how long their place had lived."""

from collections.abc import Mapping
from typing import Any

import polars as pl

FACTOR = 2.0
"""Times as much, or as little, that is said. Chosen: single draws of a place that holds its volume differ by far less."""
SIGMAS = 3.0
LIVED = 0.5
"""Weeks that a place must have lived before the provoking post; measured in docs/learned-members.md."""


def hardly_lived(community: Mapping[str, Any], steps: int) -> str:
    """A sentence where a cold place of learned members had lived less than half a week before its provoking post; else nothing.

    >>> hardly_lived({"learned": {"start": "cold", "weeks_before": 0}, "settings": {"spark_step": 1}}, 24)[:76]
    'the provoking post came to a place that had lived 0.006 weeks (mind.weeks_be'
    >>> hardly_lived({"learned": {"start": "cold", "weeks_before": 0.5}, "settings": {"spark_step": 1}}, 24)
    ''
    """
    learned, spark = community.get("learned") or {}, (community.get("settings") or {}).get("spark_step")
    if learned.get("start") != "cold" or spark is None or spark >= steps:
        return ""
    before = float(learned.get("weeks_before") or 0)
    lived = before + spark * float(community.get("step_hours") or 1) / 168
    if lived >= LIVED:
        return ""
    return (
        f"the provoking post came to a place that had lived {lived:.1g} weeks (mind.weeks_before={before:g}): with so few threads in sight it "
        f"draws far more replies than it would, so what becomes of it says nothing of the place; mind.weeks_before={LIVED:g} or more mends that"
    )


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
