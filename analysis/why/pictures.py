"""The incident page's pictures: how the thread went in both replays, the futures counted, moment by moment."""

from typing import Any

import altair as alt
import polars as pl

from windtunnel.analysis.incidents.moments import moment_words
from windtunnel.analysis.report.charts import BAD, BASE, FAINT, INK, POLICY, pairs_picture, svg_of

WAS, WOULD = "what happened", "what would have happened"


def timeline_picture(thread: pl.DataFrame, at: int, heated: float, hours: float) -> str:
    """Hostile replies so far in both threads (heated ones weigh `heated`), and the moment of the act."""
    weight = {"hostile reply": 1.0, "hostile post": 1.0, "heated reply": heated, "heated post": heated}
    begin = int(thread["step"].to_numpy().min())
    unit = "hours" if hours >= 0.5 or _span(thread) * hours > 6 else "minutes"
    scale = hours if unit == "hours" else hours * 60
    rows = []
    for column, name in (("was", WAS), ("would", WOULD)):
        total = 0.0
        rows.append({"time": 0.0, "so far": 0.0, "replay": name})
        for step, said, mark in thread.select("step", column, "mark").iter_rows():
            if said is not None and not (column == "would" and mark == "removed"):
                total += weight.get(said, 0.0)
            rows.append({"time": (step - begin) * scale, "so far": total, "replay": name})
    colour = alt.Color(
        "replay:N",
        title=None,
        scale=alt.Scale(domain=[WAS, WOULD], range=[BASE, POLICY]),
        legend=alt.Legend(orient="top", symbolType="stroke", symbolStrokeWidth=3, symbolOpacity=1, offset=4),
    )
    dash = alt.StrokeDash(
        "replay:N", scale=alt.Scale(domain=[WAS, WOULD], range=[[1, 0], [6, 3]]), legend=None
    )
    x = alt.X("time:Q", title=f"{unit} since the thread began", axis=alt.Axis(grid=False))
    lines = (
        alt.Chart(pl.DataFrame(rows))
        .mark_line(interpolate="step-after", strokeWidth=2.5)
        .encode(x, alt.Y("so far:Q", title=None), color=colour, strokeDash=dash)
    )
    act = alt.Chart(pl.DataFrame({"time": [max(0.0, (at - begin) * scale)]}))
    moment = act.mark_rule(color=BAD, strokeWidth=2, strokeDash=[2, 3]).encode(x)
    counts = f" (a heated one counts {heated:g})" if heated else ""
    told = [f"Hostile replies so far{counts}, same luck, one replay.", "Dotted line: the moment of the act."]
    return svg_of(alt.layer(lines, moment), "The thread, both times", told, 190)


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
    points = pl.DataFrame(
        [
            {**point, "time": (point["step"] - begin) * hours}
            for point in curve["points"]
            if point["est"] is not None
        ],
        schema_overrides={"low": pl.Float64, "high": pl.Float64},
    )
    first = moment_words(begin, hours)
    x = alt.X("time:Q", title=f"hours after {first}, the first moment tried", axis=alt.Axis(grid=False))
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
