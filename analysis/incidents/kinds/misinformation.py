"""What goes wrong where misinformation spreads: false messages come in a wave, and many come to believe the false claim."""

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
    members = _spread(run, above[0] - rule["before"], above[0])
    severity = float(share["value"].max())  # type: ignore[arg-type]
    yield Found(None, None, above[0], int(peak), severity, members, reached=above[0])


def false_wave(run: Tables, rule: Rule) -> Iterator[Found]:
    """False messages that a member noticed within `window` days, on average, at their most, where that reaches the threshold.

    It begins with the first of the days that reached it first. In it are those who wrote false messages or passed messages on in these days.
    """
    window = int(rule["window"])
    seen = run.measure("false_seen").with_columns(within=pl.col("value").rolling_sum(window, min_samples=1))
    above = seen.filter(pl.col("within") >= rule["threshold"])["step"].to_list()
    most = seen["within"].max()
    if not above or not most:
        return
    reached, first = above[0], max(above[0] - window + 1, 0)
    peak = seen.filter(pl.col("within") == most)["step"][0]
    yield Found(None, None, first, int(peak), float(most), _spread(run, first, reached), reached=reached)  # type: ignore[arg-type]


def _spread(run: Tables, first: int, last: int) -> tuple[str, ...]:
    """Ids of those who wrote false messages or passed messages on from step `first` to step `last`."""
    near = pl.col("step").is_between(first, last)
    spread = run.events.filter(near, pl.col("kind").is_in(SPREADING), pl.col("status") == "done")
    return tuple(spread["member"].unique().sort().cast(pl.String))


INCIDENTS = {
    "false_belief": Kind(
        "false_belief",
        ("misinformation",),
        false_belief,
        outcome="a spread of the false belief",
        unit="share of members who believe it",
        shows="believers",
    ),
    "false_wave": Kind(
        "false_wave",
        ("misinformation",),
        false_wave,
        outcome="a wave of false messages",
        unit="false messages that a member noticed within the window",
        shows="false_seen",
    ),
}
