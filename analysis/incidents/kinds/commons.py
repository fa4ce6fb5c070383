"""What goes wrong in a commons: the stock is used up."""

from collections.abc import Iterator

import polars as pl

from windtunnel.analysis.incidents.base import Found, Kind, Rule, Tables

TAKINGS = ("take", "lead")
"""Kinds of act by which members take from the stock."""


def depletion(run: Tables, rule: Rule) -> Iterator[Found]:
    """Steps after which nothing is left of the stock, from the first on.

    In it are those who had taken more than fair, in that step or one of the `before` steps ahead of it: more than each
    may take so that the stock stays as large.
    """
    left = run.measure("remaining")
    gone = left.filter(pl.col("value") <= 0)["step"].to_list()
    if not gone or len(gone) < rule["threshold"]:
        return
    fair = run.measure("fair").rename({"value": "fair"})
    near = pl.col("step").is_between(gone[0] - rule["before"], gone[0])
    took = run.events.filter(near, pl.col("kind").is_in(TAKINGS), pl.col("status") == "done")
    over = took.join(fair, on="step").filter(pl.col("amount") > pl.col("fair") + 1e-9)
    members = over["member"].unique().sort().cast(pl.String)
    yield Found(None, None, gone[0], gone[-1], float(len(gone)), tuple(members), reached=gone[0])


INCIDENTS = {
    "depletion": Kind(
        "depletion",
        ("commons",),
        depletion,
        outcome="a depletion of the stock",
        unit="rounds without a stock",
        shows="stock",
    )
}
