"""What goes wrong in collective action: a collective fails."""

from collections.abc import Iterator
from math import ceil

import polars as pl

from windtunnel.analysis.incidents.base import Found, Kind, Rule, Tables


def collective_failed(run: Tables, rule: Rule) -> Iterator[Found]:
    """Rounds in which the first collective's success was below `below`.

    It begins with the first of them and is worst where success is least. In it are those of other collectives who took
    part then: at most `named` of them are told.
    """
    rows = run.measure("success_first")
    failed = rows.filter(pl.col("value") < rule["below"])
    if not len(failed) or len(failed) < rule["threshold"]:
        return
    steps = failed["step"].to_list()
    peak = failed.sort("value", "step")["step"][0]
    first = run.members["collective"][0]
    others = run.members.filter(pl.col("collective") != first)["member"]
    acted = run.events.filter(pl.col("step") == steps[0], pl.col("member").is_in(others.implode()))
    members = acted["member"].unique().sort().head(int(rule["named"])).cast(pl.String)
    reached = steps[max(1, ceil(rule["threshold"])) - 1]
    yield Found(None, None, steps[0], peak, float(len(steps)), tuple(members), reached=reached)


INCIDENTS = {
    "collective_failed": Kind(
        "collective_failed",
        ("collective_action",),
        collective_failed,
        outcome="a failure of the first collective",
        unit="rounds below half",
        shows="success_first",
    )
}
