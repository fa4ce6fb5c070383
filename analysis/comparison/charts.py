"""The page's charts: Altair specifications that the page draws with the bundled Vega, sorted and filtered by menus.

Each carries the caveat in its subtitle, so that a copied picture keeps it. Colours are those of the report,
which its style sheet swaps in the dark.
"""

from collections.abc import Mapping
from typing import Any

import altair as alt
import polars as pl

from analysis.comparison.chart_parts import (
    NUMBERED,
    Spec,
    broken,
    dots,
    framed,
    hover,
    interval,
    name_axis,
    reading_colour,
    reading_of,
    sample,
    step_of,
)
from analysis.report.charts import BAD, BASE, POLICY, SOFT
from analysis.summary import event_words, words

Record = Mapping[str, Any]
STANDING = {"not dominated": POLICY, "dominated": BASE, "harms a group": BAD}
ALL = "all groups"
NEAR = 0.016
"""Dots that lie nearer than this share of the axes would cover each other on a telephone."""
ROWS = 20
"""With more rows than this the chart of groups opens on one group."""


def trade_off(record: Record) -> Spec | None:
    """Futures changed for the better against the change in a cost that the reader picks; None without costs.

    A dot has its policy's number, counted as in the record; `drawn` puts the numbers where they cover nothing.
    """
    rows = trade_off_rows(record)
    if not rows:
        return None
    costs = list(dict.fromkeys(row["cost"] for row in rows))
    pick = alt.param("cost", value=costs[0], bind=alt.binding_select(options=costs, name="Cost: "))
    chart = alt.Chart(pl.DataFrame(rows, infer_schema_length=None)).transform_filter("datum.cost == cost")
    x = alt.X(
        "x:Q",
        title="change in the chosen cost, a future",
        scale=alt.Scale(padding=16),
        axis=alt.Axis(tickCount=6, labelPadding=7),  # below the lowest label of the other axis
    )
    y = alt.Y(
        "y:Q", title=None, scale=alt.Scale(padding=16), axis=alt.Axis(tickCount=6, tickMinStep=1, format="d")
    )
    colour = alt.Color(
        "standing:N",
        title=None,
        scale=alt.Scale(domain=list(STANDING), range=list(STANDING.values())),
        legend=alt.Legend(orient="bottom", direction="horizontal", columns=3, symbolOpacity=1),
    )
    tips = hover(["policy", "cost"], "averted", "change", "standing", "harms", "by construction")
    zero = alt.Chart(pl.DataFrame({"zero": [0]}))
    layers = [
        zero.mark_rule(color=SOFT, strokeDash=[4, 3]).encode(alt.Y("zero:Q")),
        zero.mark_rule(color=SOFT, strokeDash=[4, 3]).encode(alt.X("zero:Q")),
        chart.transform_filter("isValid(datum.x_low)")
        .mark_rule(strokeWidth=1.5, opacity=0.6)
        .encode(alt.X("x_low:Q"), y, x2="x_high:Q", color=colour),
        chart.transform_filter("isValid(datum.y_low)")
        .mark_rule(strokeWidth=1.5, opacity=0.6)
        .encode(x, alt.Y("y_low:Q"), y2="y_high:Q", color=colour),
        chart.mark_point(size=110, filled=True, opacity=1)
        .encode(x, y, color=colour, tooltip=tips)
        .properties(name=NUMBERED),
    ]
    event = event_words({"outcome": record["outcome"]["name"], "threshold": record["outcome"]["threshold"]})
    good = "fewer" if record["direction"] == "preventive" else "more"
    n = max(row["n_pairs"] for row in record["policies"])
    lines = [
        f"Up: in how many {good} futures, of {n}, {event}. Left: cheaper.",
        f"Upright lines: intervals that hold for all policies at once, {record['confidence']:.0%}. Level lines: each alone.",
    ]
    return framed(alt.layer(*layers).add_params(pick), "What each policy buys, and at what cost", lines, 330)


def outcomes(record: Record) -> Spec:
    """The change in an outcome that the reader picks, a row a policy, sorted as the reader picks."""
    rows = []
    given = {row["policy"]: place for place, row in enumerate(record["policies"])}
    for row in record["outcomes"]:
        change = row["change"]
        if change["est"] is None:
            continue
        better = reading_of(change, row["polarity"])
        rows.append(
            {
                "policy": row["policy"],
                "row": broken(row["policy"]),
                "outcome": words(row["outcome"]) + (" (cost)" if row["cost"] else ""),
                "reading": better,
                "given": given[row["policy"]],
                "order": change["est"] * (1 if row["polarity"] == "harm" else -1),
                **interval(change),
                "said": f"{row['without']:.3g} without, {row['with']:.3g} with ({row['unit']})",
                "by construction": "yes" if row["forced"] else "no",
                **sample(record, row["policy"], row["n_pairs"]),
            }
        )
    names = list(dict.fromkeys(row["outcome"] for row in rows))
    first = words(record["outcome"]["name"])
    pick = alt.param(
        "outcome",
        value=first if first in names else names[0],
        bind=alt.binding_select(options=names, name="Outcome: "),
    )
    sort = alt.param(
        "sort", value="as given", bind=alt.binding_select(options=["as given", "best first"], name="Sort: ")
    )
    chart = (
        alt.Chart(pl.DataFrame(rows, infer_schema_length=None))
        .transform_filter("datum.outcome == outcome")
        .transform_calculate(place="sort == 'best first' ? datum.order : datum.given")
    )
    y = alt.Y("row:N", title=None, sort=alt.EncodingSortField("place", op="min"), axis=name_axis())
    colour = reading_colour()
    tips = hover(["policy", "outcome"], "said", "reading", "by construction")
    lines = [
        "Mean change in a future with the policy; lines are intervals, each alone.",
        "Point at a dot for its means, pairs and seeds.",
    ]
    layers = dots(chart, y, colour, tips)
    return framed(alt.layer(*layers).add_params(pick, sort), "Every outcome and cost", lines, step_of(rows))


def groups(record: Record) -> Spec | None:
    """The change for each group under each policy, for a group and a measure that the reader picks."""
    rows = [
        {
            "policy": row["policy"],
            "group": words(row["group"]),
            "measure": row["unit"],
            "reading": "worse" if row["harmed"] else "better" if row["helped"] else "unclear",
            "row": f"{broken(row['policy'])}:|{words(row['group'])}",
            "place": place,
            **interval(row["simultaneous"]),
            "said": f"{row['without']:.3g} without, {row['with']:.3g} with",
            "members": f"{row['members']:.3g} active in a future",
            **sample(record, row["policy"], row["n_pairs"]),
        }
        for place, row in enumerate(record["groups"])
    ]
    if not rows:
        return None
    names = list(dict.fromkeys(row["group"] for row in rows))
    measures = list(dict.fromkeys(row["measure"] for row in rows))
    shown = sum(row["measure"] == measures[0] for row in rows)
    pick = alt.param(
        "group",
        value=ALL if shown <= ROWS else names[0],
        bind=alt.binding_select(options=[ALL, *names], name="Group: "),
    )
    measure = alt.param(
        "measure", value=measures[0], bind=alt.binding_select(options=measures, name="Measure: ")
    )
    chart = alt.Chart(pl.DataFrame(rows, infer_schema_length=None)).transform_filter(
        f"datum.measure == measure && (group == '{ALL}' || datum.group == group)"
    )
    y = alt.Y("row:N", title=None, sort=alt.EncodingSortField("place", op="min"), axis=name_axis())
    tips = hover(["policy", "group"], "measure", "said", "members", "reading")
    lines = [
        "Change for a member of the group; right of the dashed line is harm.",
        f"All these intervals hold at once, {record['confidence']:.0%}.",
    ]
    layers = dots(chart, y, reading_colour(), tips)
    return framed(
        alt.layer(*layers).add_params(measure, pick), "Harm and benefit by group", lines, step_of(rows)
    )


def evasion(record: Record) -> Spec | None:
    """Net change over the evasion rate, straight between the rates that were run; None where only one was."""
    points = record["evasion"]["points"]
    if not points:
        return None
    sign = -1 if record["direction"] == "preventive" else 1
    by_name = {row["policy"]: row for row in record["policies"]}
    rows = [
        {
            "family": point["family"],
            "rate": point["rate"],
            "y": sign * (by_name[point["policy"]]["table"]["n01"] - by_name[point["policy"]]["table"]["n10"]),
            **sample(record, point["policy"], by_name[point["policy"]]["n_pairs"]),
        }
        for point in points
    ]
    families = list(dict.fromkeys(row["family"] for row in rows))
    in_lines = {point["policy"] for point in points}
    level = [
        {"family": row["policy"], "y": sign * (row["table"]["n01"] - row["table"]["n10"])}
        for row in record["policies"]
        if row["claim"] == "made" and row["policy"] not in in_lines
    ]
    chart = alt.Chart(pl.DataFrame(rows, infer_schema_length=None))
    dash = alt.StrokeDash(
        "family:N", title=None, scale=alt.Scale(domain=families), legend=alt.Legend(orient="top")
    )
    x = alt.X("rate:Q", title="evasion rate", axis=alt.Axis(format="~g"))
    y = alt.Y("y:Q", title=None)
    layers: list[Any] = []
    if level:
        still = alt.Chart(pl.DataFrame(level))
        layers += [
            still.mark_rule(color=BASE, strokeWidth=1.5).encode(y),
            still.mark_text(align="left", dx=4, dy=-6, color=SOFT, fontSize=12).encode(
                y, x=alt.value(0), text="family:N"
            ),
        ]
    layers += [
        chart.mark_line(strokeWidth=2.5, color=POLICY).encode(x, y, strokeDash=dash),
        chart.mark_point(size=70, filled=True, color=POLICY, opacity=1).encode(
            x, y, tooltip=hover(["family", "rate"], "y")
        ),
    ]
    n = max(row["n_pairs"] for row in record["policies"])
    better = "Futures averted" if sign < 0 else "Futures brought about"
    lines = [f"{better}, of {n}, net. Straight between the rates that were run."]
    return framed(alt.layer(*layers), "How much evasion a ranking survives", lines, 220)


def standing_of(row: Record) -> str:
    """Where a policy stands in the trade-off: the colour of its dot."""
    return "harms a group" if row["harmed_groups"] else "not dominated" if row["on_front"] else "dominated"


def trade_off_rows(record: Record) -> list[dict[str, Any]]:
    """A row a policy and cost: where its dot and intervals lie, and the `label` beside it."""
    sign, rows = -1 if record["direction"] == "preventive" else 1, []
    for number, row in enumerate(record["policies"], 1):
        if row["claim"] != "made":
            continue
        n, found = row["n_pairs"], row["rd_simultaneous"]
        ends = [None if found[end] is None else sign * found[end] * n for end in ("low", "high")]
        standing = standing_of(row)
        net = sign * (row["table"]["n01"] - row["table"]["n10"])
        for cost, change in row["costs"].items():
            if change["est"] is None:
                continue
            rows.append(
                {
                    "policy": row["policy"],
                    "number": number,
                    "by construction": "yes" if row["by_construction"] else "no",
                    "cost": words(cost),
                    "x": change["est"],
                    "x_low": change["low"],
                    "x_high": change["high"],
                    "y": net,
                    "y_low": ends[0],
                    "y_high": ends[1],
                    "averted": f"{net} of {n} futures, net".replace("-", "\u2212"),
                    "change": f"{change['est']:+.3g} a future".replace("-", "\u2212"),
                    "standing": standing,
                    "harms": ", ".join(map(words, row["harmed_groups"])) or "no group beyond noise",
                    **sample(record, row["policy"], n),
                }
            )
    for cost in {row["cost"] for row in rows}:
        _number([row for row in rows if row["cost"] == cost])
    return rows


def _number(rows: list[dict[str, Any]]) -> None:
    """Give the dots of one cost their `label`: a policy's number, or those of all whose dots would cover its own."""
    near_x = NEAR * _span(rows, "x")
    near_y = NEAR * _span(rows, "y")
    leaders: list[dict[str, Any]] = []
    for row in rows:
        for other in leaders:
            if abs(row["x"] - other["x"]) <= near_x and abs(row["y"] - other["y"]) <= near_y:
                other["label"], row["label"] = f"{other['label']}, {row['number']}", ""
                break
        else:
            row["label"] = str(row["number"])
            leaders.append(row)


def _span(rows: list[dict[str, Any]], axis: str) -> float:
    values = [0.0] + [
        row[end] for row in rows for end in (axis, f"{axis}_low", f"{axis}_high") if row[end] is not None
    ]
    return max(values) - min(values)
