"""The report's pictures: polars tables to static SVG through Altair and vl-convert, without a browser.

Every chart carries the caveat in its subtitle, so that a copied picture keeps it. Colours are written as the
light theme's; the page's style sheet swaps them in the dark (see `style.DARK`).
"""

import textwrap
from functools import cache
from typing import Any

import altair as alt
import polars as pl

from windtunnel.analysis.summary import INSIDE

INK, SOFT, GRID = "#1f2328", "#59636e", "#d1d9e0"
BASE, POLICY, BAD, FAINT = "#6e7781", "#0a6aa1", "#bc4c00", "#c4ccd4"
ARMS = {"without the policy": BASE, "with the policy": POLICY}
WIDTH = 420
"""Narrow on purpose: scaled up on a desk, still legible on a telephone."""
FONT = "Arial, 'Liberation Sans', sans-serif"
"""Measured when the chart is laid out, so the page must show the same widths."""
SQUARES = 600
ROW = 30


def pairs_picture(
    cells: list[tuple[str, int, str]], title: str = "What the twins did", what: str = "policy"
) -> str:
    """One square a pair in a block for each cell of the paired table: (words, count, colour)."""
    total = sum(count for _, count, _ in cells)
    each = max(1, -(-total // SQUARES))
    squares, labels, line = [], [], 0.0
    for words, count, colour in cells:
        labels.append({"x": -0.5, "y": line, "label": f"{count:,} {words}"})
        drawn = -(-count // each)
        squares += [{"x": at % ROW, "y": line + 1 + at // ROW, "colour": colour} for at in range(drawn)]
        line += 1.6 + -(-drawn // ROW)
    scale_x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.5, ROW - 0.5]))
    scale_y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[line - 0.9, -0.7]))
    text = (
        alt.Chart(pl.DataFrame(labels))
        .mark_text(align="left", baseline="middle", fontSize=13, color=INK)
        .encode(scale_x, scale_y, text="label:N")
    )
    layers = [text]
    if squares:
        marks = alt.Chart(pl.DataFrame(squares)).mark_square(size=95, opacity=1)
        layers.insert(0, marks.encode(scale_x, scale_y, color=alt.Color("colour:N", scale=None)))
    square = "a pair of futures" if each == 1 else f"up to {each} pairs of futures"
    said = f"Each square: {square} that differ in the {what} alone."
    return svg_of(alt.layer(*layers), title, [said], 13.5 * line)


def shares_picture(rows: pl.DataFrame, confidence: float) -> str:
    """Shares in per cent: a dot, a thick line for chance, a thin one for what any coupling allows.

    `rows` has `what`, `est`, `low`, `high` and `least`, `most` (null where there are no bounds).
    """
    order = rows["what"].to_list()
    y = alt.Y(
        "what:N",
        sort=order,
        title=None,
        axis=alt.Axis(labelLimit=190, labelPadding=9, ticks=False, domain=False),
    )
    x = alt.X("est:Q", **_percent())
    chart = alt.Chart(rows)
    layers = []
    if rows["least"].null_count() < len(rows):
        bounds = chart.transform_filter("isValid(datum.least)")
        layers.append(
            bounds.mark_bar(height=13, color=FAINT, opacity=0.55).encode(
                alt.X("least:Q", **_percent()), y, x2="most:Q"
            )
        )
    if rows["low"].null_count() < len(rows):
        layers.append(
            chart.mark_rule(strokeWidth=3, color=POLICY).encode(alt.X("low:Q", **_percent()), y, x2="high:Q")
        )
    layers.append(chart.mark_point(size=70, filled=True, color=INK, opacity=1).encode(x, y))
    lines = [
        f"Dot: counted. Line: {confidence:.0%} interval for chance.",
        "Pale bar: what else, if twins shared chance otherwise.",
    ]
    return svg_of(alt.layer(*layers), "The rates, and how sure", lines, 30 * len(order))


def course_picture(points: pl.DataFrame, label: str, band_words: str, step: str) -> str:
    """Both arms over time: the mean over pairs and a band (`step`, `arm`, `mean`, `low`, `high`)."""
    points = points.with_columns(
        arm=pl.col("arm").replace({"baseline": "without the policy", "policy": "with the policy"})
    )
    colour = alt.Color(
        "arm:N",
        title=None,
        scale=alt.Scale(domain=list(ARMS), range=list(ARMS.values())),
        legend=alt.Legend(orient="top", symbolType="stroke", symbolStrokeWidth=3, symbolOpacity=1, offset=4),
    )
    chart = alt.Chart(points)
    x = alt.X("step:Q", title=step, scale=alt.Scale(nice=False), axis=alt.Axis(tickMinStep=1, grid=False))
    band = chart.mark_area(opacity=0.18).encode(x, alt.Y("low:Q", title=None), y2="high:Q", color=colour)
    dash = alt.StrokeDash("arm:N", scale=alt.Scale(domain=list(ARMS), range=[[1, 0], [6, 3]]), legend=None)
    mean = chart.mark_line(strokeWidth=2.5).encode(
        x, alt.Y("mean:Q", title=None), color=colour, strokeDash=dash
    )
    lines = [f"{label}, so far.", f"Line: mean over pairs. Band: {band_words}."]
    return svg_of(alt.layer(band, mean), "How it went in both arms", lines, 190)


def parting_picture(points: pl.DataFrame, steps: int, step: str, never: str) -> str:
    """How many pairs of twins first differed at each step."""
    chart = alt.Chart(points).mark_bar(color=POLICY, size=max(2, 0.7 * (WIDTH - 60) / max(steps, 1)))
    x = alt.X(
        "step:Q",
        title=step,
        scale=alt.Scale(domain=[-0.5, steps - 0.5]),
        axis=alt.Axis(tickMinStep=1, grid=False),
    )
    most = int(points["pairs"].max() or 0)  # type: ignore[arg-type]
    whole = list(range(0, most + 1, -(-most // 4)))
    y = alt.Y("pairs:Q", title=None, axis=alt.Axis(values=whole, format="d"))
    return svg_of(chart.encode(x, y), "When twins first parted", [f"Pairs, by {step}. {never}"], 140)


def curve_picture(points: pl.DataFrame, declared: float, label: str) -> str:
    """Shares over the threshold, the declared one marked.

    `points` has `threshold`, `what` (necessity or sufficiency), `est`, `low`, `high`.
    """
    kinds = points["what"].unique(maintain_order=True).to_list()
    colour = alt.Color(
        "what:N",
        title=None,
        scale=alt.Scale(domain=kinds, range=[POLICY, BAD][: len(kinds)]),
        legend=alt.Legend(orient="top", symbolType="stroke", symbolStrokeWidth=3, symbolOpacity=1, offset=4),
    )
    chart = alt.Chart(points)
    x = alt.X("threshold:Q", title=label, scale=alt.Scale(zero=False, nice=False), axis=alt.Axis(grid=False))
    band = chart.transform_filter("isValid(datum.low)").mark_area(opacity=0.15)
    line = chart.mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=22))
    mark = alt.Chart(pl.DataFrame({"threshold": [declared]})).mark_rule(color=INK, strokeDash=[4, 3])
    layers = [
        band.encode(x, alt.Y("low:Q", **_percent()), y2="high:Q", color=colour),
        line.encode(x, alt.Y("est:Q", **_percent()), color=colour),
        mark.encode(x),
    ]
    lines = ["Dashed: the declared threshold. Bands: chance, point by point."]
    return svg_of(alt.layer(*layers), "If the threshold were another", lines, 190)


def _percent() -> dict[str, Any]:
    """Settings of an axis of shares."""
    return {"title": None, "axis": alt.Axis(format="%", tickCount=5), "scale": alt.Scale(domain=[0, 1])}


def svg_of(chart: Any, title: str, lines: list[str], height: float) -> str:
    import vl_convert

    subtitle = [part for line in (*lines, INSIDE) for part in textwrap.wrap(line, 64)]
    head = alt.Title(title, subtitle=subtitle, anchor="start", frame="bounds", offset=12)
    chart = chart.properties(
        width=WIDTH,
        height=round(height),
        title=head,
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        padding=4,
        background="transparent",
        config=_config(),  # at once: each method of a chart copies the whole of it
    )
    return str(vl_convert.vegalite_to_svg(chart.to_json()))


@cache
def _config() -> Any:
    """How all pictures look."""
    return alt.Config(
        font=FONT,
        title=alt.TitleConfig(
            color=INK,
            fontSize=15,
            subtitleColor=SOFT,
            subtitleFontSize=13,
            subtitleLineHeight=16,
            subtitlePadding=5,
        ),
        axis=alt.AxisConfig(
            labelColor=SOFT,
            titleColor=SOFT,
            labelFontSize=13,
            titleFontSize=13,
            titleFontWeight="normal",
            gridColor=GRID,
            domainColor=GRID,
            tickColor=GRID,
            labelFlush=False,
        ),
        legend=alt.LegendConfig(labelColor=INK, labelFontSize=13),
        view=alt.ViewConfig(stroke=None),
    )
