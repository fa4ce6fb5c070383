"""What goes wrong where people live by rules of thumb: for days on end most rules are broken."""

from collections.abc import Iterator

import polars as pl

from windtunnel.analysis.incidents.base import Found, Kind, Rule, Tables


def rules_broken(run: Tables, rule: Rule) -> Iterator[Found]:
    """The longest stretch of days on each of which at least the share `level` of the acts that break a rule was done."""
    days = run.measure("broken").sort("step")
    bad = days.filter(pl.col("value") >= rule["level"])["step"].to_list()
    stretches: list[list[int]] = []
    for step in bad:
        if stretches and step == stretches[-1][-1] + 1:
            stretches[-1].append(step)
        else:
            stretches.append([step])
    if not stretches:
        return
    longest = max(stretches, key=len)
    if len(longest) < rule["threshold"]:
        return
    reached = longest[max(0, int(-(-rule["threshold"] // 1)) - 1)]
    yield Found(None, None, longest[0], longest[-1], float(len(longest)), (), reached=reached)


INCIDENTS = {
    "rules_broken": Kind(
        "rules_broken",
        ("rules_of_thumb",),
        rules_broken,
        outcome="days on end on which most rules are broken",
        unit="days",
        shows="broken",
    )
}
