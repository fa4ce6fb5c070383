"""What goes wrong in several places of one site: one author floods them."""

from collections.abc import Iterator

import polars as pl

from windtunnel.analysis.incidents.base import Found, Kind, Rule, Tables


def flood(run: Tables, rule: Rule) -> Iterator[Found]:
    """Authors who wrote so large a share of a day's messages, on a day with `least` messages or more; each author is a finding.

    It begins with the first day on which the share was reached, and is worst where it was largest.
    """
    wrote = run.events.filter(pl.col("kind") == "write", pl.col("amount") > 0, pl.col("status") == "done")
    days = wrote.group_by("step", "member").agg(pl.col("amount").sum())
    whole = pl.col("amount").sum().over("step")
    days = days.with_columns(share=pl.col("amount") / whole).filter(whole >= rule["least"])
    large = days.filter(pl.col("share") >= rule["threshold"]).sort("member", "step")
    for (member,), own in large.group_by("member", maintain_order=True):
        first, peak = own["step"][0], own.sort("share", "step", descending=[True, False]).row(0, named=True)
        yield Found(
            None, str(member), first, peak["step"], float(peak["share"]), (str(member),), reached=first
        )


INCIDENTS = {
    "flood": Kind(
        "flood",
        ("places",),
        flood,
        outcome="a flood of messages by {member}",
        unit="share of a day's messages",
        shows="messages",
    )
}
