"""Pictures of an answer: the course of what a community counts in both replays, the futures counted, moment by moment."""

from typing import Any

import altair as alt
import polars as pl

from windtunnel.analysis.report.charts import BAD, BASE, FAINT, INK, POLICY, pairs_picture, svg_of

WAS, WOULD = "what happened", "what would have happened"


def both_replays(rows: list[dict[str, Any]], x: alt.X, y: str, **line: Any) -> alt.Chart:
    """A line for each of the two replays: rows with `replay` (WAS or WOULD), the column of `x`, and the column `y`."""
    colour = alt.Color(
        "replay:N",
        title=None,
        scale=alt.Scale(domain=[WAS, WOULD], range=[BASE, POLICY]),
        legend=alt.Legend(orient="top", symbolType="stroke", symbolStrokeWidth=3, symbolOpacity=1, offset=4),
    )
    dash = alt.StrokeDash(
        "replay:N", scale=alt.Scale(domain=[WAS, WOULD], range=[[1, 0], [6, 3]]), legend=None
    )
    lines = alt.Chart(pl.DataFrame(rows)).mark_line(strokeWidth=2.5, **line)
    return lines.encode(x, alt.Y(f"{y}:Q", title=None), color=colour, strokeDash=dash)


def course_picture(course: dict[str, Any], at: int, step: str, luck: str) -> str:
    """A measure step by step in both replays, and the moment of the act; `step` is what one is called."""
    both = ((course["was"], WAS), (course["would"], WOULD))
    rows = [
        {"step": number + 1, "value": value, "replay": name}
        for values, name in both
        for number, value in enumerate(values)
    ]
    x = alt.X("step:Q", title=step, axis=alt.Axis(grid=False, tickMinStep=1, format="d"))
    lines = both_replays(rows, x, "value", point=True)
    act = alt.Chart(pl.DataFrame({"step": [at + 1]})).mark_rule(color=BAD, strokeWidth=2, strokeDash=[2, 3])
    name = course["measure"].replace("_", " ")
    told = [f"In {course['unit']}. {luck}.", "Dotted line: the moment of the act."]
    return svg_of(alt.layer(lines, act.encode(x)), f"{name[0].upper()}{name[1:]}, both times", told, 190)


def span_unit(steps: int, hours: float) -> tuple[str, float]:
    """In what a span of steps is told, and how much of that a step is: minutes for a short stretch of a record."""
    return ("hours", hours) if hours >= 0.5 or steps * hours > 6 else ("minutes", hours * 60)


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


def moments_picture(
    curve: dict[str, Any], unit: str, scale: float, first: str, *, whole: bool = False
) -> str:
    """Share of the futures that would have had it, averted, over the moment of the act.

    A step is `scale` of the `unit` (a word in the plural); `first` says the first moment tried; with
    `whole` the moments tried are marked.
    """
    begin = curve["points"][0]["step"]
    points = pl.DataFrame(
        [
            {**point, "time": (point["step"] - begin) * scale}
            for point in curve["points"]
            if point["est"] is not None
        ],
        schema_overrides={"low": pl.Float64, "high": pl.Float64},
    )
    at: dict[str, Any] = {"values": points["time"].to_list(), "format": "d"} if whole else {}
    axis = alt.Axis(grid=False, **at)
    x = alt.X("time:Q", title=f"{unit} after {first}, the first moment tried", axis=axis)
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
