"""Pieces that the page's charts share: dots with intervals, names that break, and the frame with its caveat."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl

from windtunnel.analysis.report.charts import BAD, BASE, FONT, GRID, INK, POLICY, SOFT
from windtunnel.analysis.summary import INSIDE

Record = Mapping[str, Any]
Spec = dict[str, Any]
FIXED = "cannot move"
"""The reading of an outcome that no policy can move in this model."""
READINGS = {"better": POLICY, "unclear": BASE, "worse": BAD}
NUMBERED = "numbered"
"""The layer of dots whose `label` is drawn beside them."""
AVOIDED = "avoided"
"""The layer of marks that those labels must not cover, either."""
CHOSEN = "chosen"
"""The title of an axis that says what the reader chose: that of the parameter with this name."""
DIAGONALS = ("top-right", "top-left", "bottom-right", "bottom-left")
SIDES = ("right", "left", "top", "bottom")
TITLE, SUBTITLE = 15, 13
LETTER = {TITLE: 7.9, SUBTITLE: 6.3}
"""How wide a letter of that size is, in pixels, with some room to spare."""


def sample(record: Record, policy: str, pairs: int) -> dict[str, Any]:
    """How many pairs a policy's numbers rest on, as a chart's hover says it."""
    row = next(row for row in record["policies"] if row["policy"] == policy)
    return {"pairs": pairs, "draws": row["n_draws"], "seeds a draw": row["n_seeds"]}


def interval(change: Record) -> dict[str, Any]:
    """The ends and the estimate of a change, nothing else of it."""
    return {"est": change["est"], "low": change["low"], "high": change["high"]}


def reading_of(change: Record, polarity: str) -> str:
    """Whether a change is "better" or "worse" by its interval, or "unclear"."""
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


def reading_colour(fixed: bool = False) -> Any:
    """The colour of a reading; with `fixed`, outcomes that cannot move have one, too."""
    readings = READINGS | ({FIXED: SOFT} if fixed else {})
    return alt.Color(
        "reading:N",
        title=None,
        scale=alt.Scale(domain=list(readings), range=list(readings.values())),
        legend=alt.Legend(orient="bottom", direction="horizontal", columns=2 if fixed else 3),
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

    >>> broken("slow mode + harvest cap (heat 2)")
    'slow mode +|harvest cap|(heat 2)'
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
    """The specification as Vega: titles break where the page's width says, and axes name what was chosen.

    The labels of `NUMBERED` dots keep clear of all dots and of each other: Vega's label transform tries the places near
    each dot first, diagonals before sides, since intervals run along these.
    """
    import vl_convert

    vega: Spec = vl_convert.vegalite_to_vega(dict(spec))
    title, text = vega["title"], vega["title"]["text"]
    title["text"] = _broken_by_width([text["signal"] if isinstance(text, dict) else json.dumps(text)], TITLE)
    title["subtitle"] = _broken_by_width([json.dumps(line) for line in title["subtitle"]], SUBTITLE)
    room = "max(width, isFinite(containerSize()[0]) ? containerSize()[0] : 0)"
    vega.setdefault("signals", []).append({"name": "room", "update": room})
    for axis in vega["axes"]:
        if axis.get("title") == CHOSEN:
            axis["title"] = {"signal": CHOSEN}
    names = {mark["name"] for mark in vega["marks"]}
    dots = f"{NUMBERED}_marks"
    if dots in names:
        places = [(side, away) for away in (2, 9, 17, 26) for side in (*DIAGONALS, *SIDES)]
        label = {
            "type": "label",
            "size": [{"signal": "max(width, 1)"}, {"signal": "max(height, 1)"}],  # before it is laid out, 0
            "anchor": [side for side, _ in places],
            "offset": [away for _, away in places],
            "avoidMarks": sorted(names & {f"{AVOIDED}_marks", f"{AVOIDED}_pathgroup"}),
        }
        words = {
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
                "encode": {"update": words},
                "transform": [label],
            }
        )
    return vega


def _broken_by_width(lines: Sequence[str], size: int) -> dict[str, str]:
    """Lines, each an expression, broken between words into as many letters as the chart has room for."""
    words = f"regexp('(.{{1,' + max(20, floor((room - 16) / {LETTER[size]})) + '}})(?: +|$)', 'g')"
    whole = " + ".join(f"replace({line}, {words}, '$1\\n')" for line in lines)
    return {"signal": f"slice(split({whole}, '\\n'), 0, -1)"}


def framed(chart: Any, title: Any, lines: list[str], height: Any) -> Spec:
    """The whole specification, as wide as the page lets it be; `title` is text or an expression."""
    axis = {"labelColor": SOFT, "titleColor": SOFT, "labelFontSize": 12, "titleFontSize": 12}
    chart = (
        chart.properties(
            width="container",
            height=height,
            title=alt.Title(title, subtitle=[*lines, INSIDE], anchor="start", frame="bounds", offset=12),
            padding=4,
            background="transparent",
        )
        .configure(font=FONT)
        .configure_title(
            color=INK,
            fontSize=TITLE,
            subtitleColor=SOFT,
            subtitleFontSize=SUBTITLE,
            subtitleLineHeight=16,
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
