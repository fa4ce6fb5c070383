"""What goes wrong where misinformation spreads: many come to believe the false claim."""

from collections.abc import Iterator

import polars as pl

from windtunnel.analysis.incidents.base import Found, Kind, Rule, Tables

SPREADING = ("share", "invent", "generate")
"""Kinds of act by which a message spreads, or comes into being."""


def false_belief(run: Tables, rule: Rule) -> Iterator[Found]:
    """The share of members who believe the false claim more than half, at its highest, where it reaches the threshold.

    In it are those who wrote false messages or passed messages on in the `before` steps up to the day on which it did.
    """
    share = run.measure("believers")
    above = share.filter(pl.col("value") >= rule["threshold"])["step"].to_list()
    if not above or not share["value"].max():
        return
    peak = share.filter(pl.col("value") == pl.col("value").max())["step"][0]
    near = pl.col("step").is_between(above[0] - rule["before"], above[0])
    spread = run.events.filter(near, pl.col("kind").is_in(SPREADING), pl.col("status") == "done")
    members = spread["member"].unique().sort().cast(pl.String)
    severity = float(share["value"].max())  # type: ignore[arg-type]
    yield Found(None, None, above[0], int(peak), severity, tuple(members), reached=above[0])


INCIDENTS = {
    "false_belief": Kind(
        "false_belief",
        ("misinformation",),
        false_belief,
        outcome="a spread of the false belief",
        unit="share of members who believe it",
        shows="believers",
    )
}
