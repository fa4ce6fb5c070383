"""The picture of a thread: how it went in both replays, by what the rule counts."""

from math import ceil
from typing import Any

import altair as alt
import polars as pl

from windtunnel.analysis.incidents.base import Rule
from windtunnel.analysis.report.charts import BAD, INK, svg_of
from windtunnel.analysis.why.pictures import WAS, WOULD, both_replays, span_unit

COUNTED = {
    "escalation": "Hostile replies within {window:g} hours{heated}",
    "pile_on": "Members who answered with heat or hostility within {window:g} hours",
    "rule_breaking_streak": "Hostile posts of the member within {window:g} hours{heated}",
}
"""What the rule of a kind counts; of the others the picture shows the hostile posts so far."""


def timeline_picture(thread: pl.DataFrame, record: dict[str, Any], rule: Rule, luck: str) -> str:
    """What the incident's rule counts, post by post, in both threads, with its threshold and the moment of the act."""
    hours, kind = record["hours"], record["incident"]["kind"]
    begin = int(thread["step"].to_numpy().min())
    unit, scale = span_unit(_span(thread), hours)
    rows = []
    for column, name in (("was", WAS), ("would", WOULD)):
        rows.append({"time": 0.0, "counted": 0.0, "replay": name})
        path = counted_path(thread, column, record["incident"], rule, hours)
        rows += [{"time": (step - begin) * scale, "counted": value, "replay": name} for step, value in path]
    x = alt.X("time:Q", title=f"{unit} since the first post", axis=alt.Axis(grid=False))
    lines = both_replays(rows, x, "counted", interpolate="step-after")
    act = alt.Chart(pl.DataFrame({"time": [max(0.0, (record["shown"] - begin) * scale)]}))
    layers = [lines, act.mark_rule(color=BAD, strokeWidth=2, strokeDash=[2, 3]).encode(x)]
    heated = f" (a heated one counts {rule['heated']:g})" if rule.get("heated") else ""
    what = COUNTED.get(kind, "Hostile posts so far{heated}").format(window=rule["window"], heated=heated)
    told = [f"{what}. {luck}.", "Dotted line: the moment of the act."]
    if kind in COUNTED:
        level = alt.Chart(pl.DataFrame({"counted": [record["threshold"]]}))
        layers.append(level.mark_rule(color=INK, strokeWidth=1).encode(alt.Y("counted:Q")))
        told[1] += f" Thin line: the rule's threshold, {record['threshold']:g}."
    return svg_of(alt.layer(*layers), "The thread, both times", told, 190)


def counted_path(
    thread: pl.DataFrame, column: str, incident: dict[str, Any], rule: Rule, hours: float
) -> list[tuple[int, float]]:
    """(step, what the rule counts from then on) for each post of the thread `was` or `would` have been, as it counts.

    A count falls again when a post leaves the rule's window.
    """
    kind = incident["kind"]
    posts = [row for row in thread.iter_rows(named=True) if row[column] is not None]
    heavy = [(row["step"], *_weighed(row, column, incident, rule)) for row in posts]
    heavy = [one for one in heavy if one[1] > 0]
    reach = rule["window"] / hours if kind in COUNTED else float("inf")
    ends = [ceil(step + reach) for step, _, _ in heavy if reach != float("inf")]
    last = max((row["step"] for row in posts), default=0)
    path = []
    for moment in sorted({row["step"] for row in posts} | {end for end in ends if end <= last}):
        inside = [one for one in heavy if moment - reach < one[0] <= moment]
        members = {who for _, _, who in inside}
        value = float(len(members)) if kind == "pile_on" else sum(weight for _, weight, _ in inside)
        path.append((moment, value))
    return path


def _weighed(
    row: dict[str, Any], column: str, incident: dict[str, Any], rule: Rule
) -> tuple[float, str | None]:
    """What a post weighs by the rule, and its author."""
    said, kind, who = row[column], incident["kind"], row["member"]
    weight = 1.0 if said.startswith("hostile") else float(rule.get("heated", 0)) * said.startswith("heated")
    if column == "would" and row["mark"] == "removed" or row.get("taken"):
        weight *= float(rule.get("removed", 1))
    whom = row["answered" if column == "was" else "answered_would"]
    counts = {
        "escalation": said.endswith("reply"),
        "pile_on": whom == incident["member"] and who not in (None, whom),
        "rule_breaking_streak": who == incident["member"],
    }
    return (weight if counts.get(kind, True) else 0.0), who


def _span(thread: pl.DataFrame) -> int:
    steps = thread["step"].to_numpy()
    return int(steps.max() - steps.min())
