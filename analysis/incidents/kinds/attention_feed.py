"""What goes wrong in an attention feed: it serves the advocate better than its readers."""

from collections.abc import Iterator

import polars as pl

from windtunnel.analysis.incidents.base import Found, Kind, Rule, Tables


def captured_feed(run: Tables, rule: Rule) -> Iterator[Found]:
    """Days on which feeds gave more to the advocate than to their readers, each as a share of the most that there was to give.

    It begins with the first of them and is worst where the two were furthest apart. In it are the readers who opened something
    on that first day.
    """
    ahead = run.measure("push").join(
        run.measure("pull").rename({"value": "pull"}), on="step", maintain_order="left"
    )
    days = ahead.select("step", by=pl.col("value") - pl.col("pull")).filter(pl.col("by") > rule["ahead"])
    if not len(days) or len(days) < rule["threshold"]:
        return
    first = days["step"][0]
    opened = run.events.filter(pl.col("step") == first, pl.col("kind") == "open", pl.col("status") == "done")
    members = opened["member"].unique().sort().cast(pl.String)
    peak = days.sort("by", "step", descending=[True, False])["step"][0]
    reached = days["step"][max(1, round(rule["threshold"])) - 1]
    yield Found(None, None, first, peak, float(len(days)), tuple(members), reached=reached)


INCIDENTS = {
    "captured_feed": Kind(
        "captured_feed",
        ("attention_feed",),
        captured_feed,
        outcome="a captured feed",
        unit="days on which feeds served the advocate better",
        shows="pull",
    )
}
