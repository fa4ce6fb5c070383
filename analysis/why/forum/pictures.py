"""The incident page's pictures: how the thread went in both replays, the futures counted, moment by moment."""

from math import ceil
from typing import Any

import altair as alt
import polars as pl

from windtunnel.analysis.incidents.forum.detectors import Rule
from windtunnel.analysis.incidents.moments import moment_words
from windtunnel.analysis.report.charts import BAD, BASE, FAINT, INK, POLICY, pairs_picture, svg_of

WAS, WOULD = "what happened", "what would have happened"


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
    unit, scale = _unit(_span(thread), hours)
    rows = []
    for column, name in (("was", WAS), ("would", WOULD)):
        rows.append({"time": 0.0, "counted": 0.0, "replay": name})
        path = counted_path(thread, column, record["incident"], rule, hours)
        rows += [{"time": (step - begin) * scale, "counted": value, "replay": name} for step, value in path]
    colour = alt.Color(
        "replay:N",
        title=None,
        scale=alt.Scale(domain=[WAS, WOULD], range=[BASE, POLICY]),
        legend=alt.Legend(orient="top", symbolType="stroke", symbolStrokeWidth=3, symbolOpacity=1, offset=4),
    )
    dash = alt.StrokeDash(
        "replay:N", scale=alt.Scale(domain=[WAS, WOULD], range=[[1, 0], [6, 3]]), legend=None
    )
    x = alt.X("time:Q", title=f"{unit} since the first post", axis=alt.Axis(grid=False))
    lines = (
        alt.Chart(pl.DataFrame(rows))
        .mark_line(interpolate="step-after", strokeWidth=2.5)
        .encode(x, alt.Y("counted:Q", title=None), color=colour, strokeDash=dash)
    )
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


def _unit(steps: int, hours: float) -> tuple[str, float]:
    """In what a span of steps is told, and how much of that a step is: minutes for a short stretch of a record."""
    return ("hours", hours) if hours >= 0.5 or steps * hours > 6 else ("minutes", hours * 60)


def _span(thread: pl.DataFrame) -> int:
    steps = thread["step"].to_numpy()
    return int(steps.max() - steps.min())


def futures_picture(record: dict[str, Any]) -> str:
    """A square for each pair of futures."""
    table, what = record["table"], record["question"]
    cells = [
        (f"averted by {what}", table["n10"], POLICY),
        ("happened both ways", table["n11"], INK),
        (f"brought about by {what}", table["n01"], BAD),
        ("neither way", table["n00"], FAINT),
    ]
    return pairs_picture([cell for cell in cells if cell[1]], "With and without", "act")


def moments_picture(curve: dict[str, Any], hours: float) -> str:
    """Share of the futures that would have had it, averted, over the moment of the act."""
    begin = curve["points"][0]["step"]
    unit, scale = _unit(curve["points"][-1]["step"] - begin, hours)
    points = pl.DataFrame(
        [
            {**point, "time": (point["step"] - begin) * scale}
            for point in curve["points"]
            if point["est"] is not None
        ],
        schema_overrides={"low": pl.Float64, "high": pl.Float64},
    )
    first = moment_words(begin, hours)
    x = alt.X("time:Q", title=f"{unit} after {first}, the first moment tried", axis=alt.Axis(grid=False))
    y = alt.Y("est:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"))
    chart = alt.Chart(points)
    layers = [
        chart.mark_rule(strokeWidth=3, color=POLICY, opacity=0.5).encode(
            x, alt.Y("low:Q", title=None), y2="high:Q"
        ),
        chart.mark_line(strokeWidth=1, color=FAINT).encode(x, y),
        chart.mark_point(size=70, filled=True, color=INK, opacity=1).encode(x, y),
    ]
    told = [
        f"Averted, of the futures that would have had it; {curve['futures']} futures a moment.",
        "Bars: 95% intervals.",
    ]
    return svg_of(alt.layer(*layers), "How late would still have helped", told, 170)
