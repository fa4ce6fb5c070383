"""Pieces that the page's charts share: dots with intervals, names that break, and the frame with its caveat."""

import textwrap
from collections.abc import Mapping
from typing import Any

import altair as alt
import polars as pl

from analysis.report.charts import BAD, BASE, FONT, GRID, INK, POLICY, SOFT
from analysis.summary import INSIDE

Record = Mapping[str, Any]
Spec = dict[str, Any]
READINGS = {"better": POLICY, "unclear": BASE, "worse": BAD}
NUMBERED = "numbered"
"""The layer of dots whose `label` is drawn beside them."""
DIAGONALS = ("top-right", "top-left", "bottom-right", "bottom-left")
SIDES = ("right", "left", "top", "bottom")
LINE = 52
"""Letters in a line of a subtitle, so that it fits a telephone."""


def sample(record: Record, policy: str, pairs: int) -> dict[str, Any]:
    row = next(row for row in record["policies"] if row["policy"] == policy)
    return {"pairs": pairs, "draws": row["n_draws"], "seeds a draw": row["n_seeds"]}


def interval(change: Record) -> dict[str, Any]:
    return {"est": change["est"], "low": change["low"], "high": change["high"]}


def reading_of(change: Record, polarity: str) -> str:
    low, high = change["low"], change["high"]
    if low is None or low <= 0 <= high:
        return "unclear"
    return "better" if (low > 0) == (polarity == "good") else "worse"


def dots(chart: Any, y: Any, colour: Any, tips: list[Any]) -> list[Any]:
    """Dots with intervals, and zero dashed."""
    zero = alt.Chart(pl.DataFrame({"zero": [0]})).mark_rule(color=SOFT, strokeDash=[4, 3])
    x = alt.X("est:Q", title=None, axis=alt.Axis(orient="top", tickCount=6))
    return [
        zero.encode(alt.X("zero:Q", axis=alt.Axis(orient="top", tickCount=6))),
        chart.transform_filter("isValid(datum.low)")
        .mark_rule(strokeWidth=2.5)
        .encode(alt.X("low:Q"), y, x2="high:Q", color=colour, tooltip=tips),
        chart.mark_point(size=80, filled=True, opacity=1).encode(x, y, color=colour, tooltip=tips),
    ]


def reading_colour() -> Any:
    return alt.Color(
        "reading:N",
        title=None,
        scale=alt.Scale(domain=list(READINGS), range=list(READINGS.values())),
        legend=alt.Legend(orient="bottom", direction="horizontal", columns=3),
    )


def name_axis() -> Any:
    """An axis of names, which break into lines where `broken` says."""
    return alt.Axis(
        labelLimit=160,
        labelPadding=6,
        labelLineHeight=13,
        ticks=False,
        domain=False,
        labelExpr="split(datum.label, '|')",
    )


def broken(name: str) -> str:
    """A name with a bar wherever an axis may break it.

    >>> broken("slow mode + thread lock (heat 2)")
    'slow mode +|thread lock|(heat 2)'
    """
    return name.replace("|", "/").replace(" + ", " +|").replace(" (", "|(")


def step_of(rows: list[dict[str, Any]]) -> Any:
    """The height of a row, for the name with the most lines."""
    return alt.Step(14 + 13 * max(row["row"].count("|") + 1 for row in rows))


def hover(first: list[str], *fields: str) -> list[Any]:
    return [alt.Tooltip(f"{field}:N") for field in (*first, *fields)] + [
        alt.Tooltip(f"{field}:Q") for field in ("pairs", "draws", "seeds a draw")
    ]


def drawn(spec: Mapping[str, Any]) -> Spec:
    """The specification as Vega, in which the labels of `NUMBERED` dots keep clear of all dots and of each other.

    Vega's label transform tries the places near each dot first, diagonals before sides, since intervals run along these.
    """
    import vl_convert

    vega: Spec = vl_convert.vegalite_to_vega(dict(spec))
    dots = f"{NUMBERED}_marks"
    if any(mark.get("name") == dots for mark in vega["marks"]):
        places = [(side, away) for away in (2, 9, 17, 26) for side in (*DIAGONALS, *SIDES)]
        label = {
            "type": "label",
            "size": [{"signal": "max(width, 1)"}, {"signal": "max(height, 1)"}],  # before it is laid out, 0
            "anchor": [side for side, _ in places],
            "offset": [away for _, away in places],
        }
        text = {
            "text": {"field": "datum.label"},
            "fontSize": {"value": 12},
            "fontWeight": {"value": "bold"},
            "fill": {"value": INK},
        }
        vega["marks"].append(
            {
                "type": "text",
                "name": "numbers",
                "from": {"data": dots},
                "interactive": False,
                "encode": {"update": text},
                "transform": [label],
            }
        )
    return vega


def framed(chart: Any, title: str, lines: list[str], height: Any) -> Spec:
    """The whole specification, as wide as the page lets it be."""
    subtitle = [part for line in (*lines, INSIDE) for part in textwrap.wrap(line, LINE)]
    axis = {"labelColor": SOFT, "titleColor": SOFT, "labelFontSize": 12, "titleFontSize": 12}
    chart = (
        chart.properties(
            width="container",
            height=height,
            title=alt.Title(title, subtitle=subtitle, anchor="start", frame="bounds", offset=12),
            padding=4,
            background="transparent",
        )
        .configure(font=FONT)
        .configure_title(
            color=INK,
            fontSize=15,
            subtitleColor=SOFT,
            subtitleFontSize=12,
            subtitleLineHeight=15,
            subtitlePadding=5,
        )
        .configure_axis(
            **axis,
            titleFontWeight="normal",
            gridColor=GRID,
            domainColor=GRID,
            tickColor=GRID,
            labelFlush=False,
            labelSeparation=5,
        )
        .configure_legend(labelColor=INK, labelFontSize=12)
        .configure_view(stroke=None)
    )
    spec: Spec = chart.to_dict()
    return spec
