"""What goes wrong in a feedback commons: one group is left behind."""

from collections.abc import Iterator

import polars as pl

from windtunnel.analysis.incidents.base import Found, Kind, Rule, Tables


def neglected_group(run: Tables, rule: Rule) -> Iterator[Found]:
    """Weeks in which quality for the worst served group is `below` a level, but for the first weeks (`after`)."""
    least = run.measure("least_quality").filter(pl.col("step") >= rule["after"])
    bad = least.filter(pl.col("value") < rule["below"])["step"].to_list()
    if not bad or len(bad) < rule["threshold"]:
        return
    worst = least.filter(pl.col("value") == pl.col("value").min())["step"][0]
    reached = bad[max(0, min(len(bad), int(rule["threshold"])) - 1)]
    yield Found(None, None, bad[0], int(worst), float(len(bad)), reached=reached)


INCIDENTS = {
    "neglected_group": Kind(
        "neglected_group",
        ("feedback_commons",),
        neglected_group,
        outcome="a neglected group",
        unit="weeks in which the worst served group is served badly",
        shows="least_quality",
    )
}
