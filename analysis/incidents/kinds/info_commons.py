"""What goes wrong in an information commons: so many producers stop that output halves."""

from collections.abc import Iterator

import polars as pl

from windtunnel.analysis.incidents.base import Found, Kind, Rule, Tables


def supply_collapse(run: Tables, rule: Rule) -> Iterator[Found]:
    """Months with less than half of the first month's output, from the first on.

    In it are the producers who had stopped in that month or one of the `before` months ahead of it.
    """
    fallen = run.measure("fallen").filter(pl.col("value") > 0)["step"].to_list()
    if not fallen or len(fallen) < rule["threshold"]:
        return
    near = pl.col("step").is_between(fallen[0] - rule["before"], fallen[0])
    stopped = run.events.filter(near, pl.col("kind") == "stop", pl.col("status") == "done")
    members = stopped["member"].unique().sort().cast(pl.String)
    yield Found(None, None, fallen[0], fallen[-1], float(len(fallen)), tuple(members), reached=fallen[0])


INCIDENTS = {
    "supply_collapse": Kind(
        "supply_collapse",
        ("info_commons",),
        supply_collapse,
        outcome="a collapse of the supply",
        unit="months with less than half of the output",
        shows="output",
    )
}
