"""The page's charts: Altair specifications that the page draws with the bundled Vega, sorted and filtered by menus.

Each carries the caveat in its subtitle, so that a copied picture keeps it. Colours are those of the report,
which its style sheet swaps in the dark.
"""

import json
from collections.abc import Mapping
from typing import Any

import altair as alt
import polars as pl

from windtunnel.analysis.comparison.chart_parts import (
    AVOIDED,
    CHOSEN,
    FIXED,
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
from windtunnel.analysis.comparison.deciding import NOTHING
from windtunnel.analysis.numbers_in_words import figure, words
from windtunnel.analysis.report.charts import BAD, BASE, INK, POLICY, SOFT
from windtunnel.analysis.summary import event_words

Record = Mapping[str, Any]
STANDING = {"not dominated": POLICY, "dominated": BASE, "does harm": BAD}
ALL = "all groups"
NEAR = 0.016
"""Dots that lie nearer than this share of the axes would cover each other on a telephone."""
APART = 5
"""Pixels between upright lines that would otherwise cover each other, or the line at 0."""
SORTS = ("best first", "as numbered")
ROWS = 20
"""With more rows than this the chart of groups opens on one group."""


def trade_off(record: Record) -> Spec | None:
    """Futures changed for the better against the change in a cost that the reader picks; None without costs.

    A dot has its policy's number, counted as in the record; `drawn` puts the numbers where they cover nothing.
    Doing nothing is a hollow dot.
    """
    rows = trade_off_rows(record)
    if not rows:
        return None
    costs = list(dict.fromkeys(row["cost"] for row in rows))
    pick = alt.param("cost", value=costs[0], bind=alt.binding_select(options=costs, name="Cost: "))
    titles = {
        row["cost"]: [
            f"change in {row['cost']} ({row['unit']}), a future",
            f"cheaper to the {'left' if row['polarity'] == 'harm' else 'right'}",
        ]
        for row in rows
    }
    chosen = alt.param(CHOSEN, expr=f"{json.dumps(titles)}[cost]")
    chart = alt.Chart(pl.DataFrame(rows, infer_schema_length=None)).transform_filter("datum.cost == cost")
    x = alt.X(
        "x:Q",
        title=CHOSEN,
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
    aside = alt.expr("datum.aside")
    layers = [
        zero.mark_rule(color=SOFT, strokeDash=[4, 3]).encode(alt.Y("zero:Q")),
        zero.mark_rule(color=SOFT, strokeDash=[4, 3]).encode(alt.X("zero:Q")),
        chart.transform_filter("isValid(datum.x_low)")
        .mark_rule(strokeWidth=1.5, opacity=0.6, xOffset=aside, x2Offset=aside)
        .encode(alt.X("x_low:Q"), y, x2="x_high:Q", color=colour),
        chart.transform_filter("isValid(datum.y_low)")
        .mark_rule(strokeWidth=1.5, opacity=0.6, xOffset=aside)
        .encode(x, alt.Y("y_low:Q"), y2="y_high:Q", color=colour),
        zero.mark_point(size=110, filled=False, strokeWidth=2, color=INK, opacity=1)
        .encode(alt.X("zero:Q"), alt.Y("zero:Q"))
        .properties(name=AVOIDED),
        chart.mark_point(size=110, filled=True, opacity=1, xOffset=aside)
        .encode(x, y, color=colour, tooltip=tips)
        .properties(name=NUMBERED),
    ]
    event = event_words({"outcome": record["outcome"]["name"], "threshold": record["outcome"]["threshold"]})
    good = "fewer" if record["direction"] == "preventive" else "more"
    n = max(row["n_pairs"] for row in record["policies"])
    lines = [
        f"Up: in how many {good} futures, of {n}, {event}. Hollow dot: {NOTHING}.",
        f"Upright lines: intervals that hold for all policies at once, {record['confidence']:.0%}. Level lines: each alone.",
    ]
    if any(row["aside"] for row in rows):
        lines.append("Dots and lines that would cover others, or the line at 0, are drawn a little aside.")
    title = alt.expr("'What each policy buys, and at what cost: ' + cost")
    return framed(alt.layer(*layers).add_params(pick, chosen), title, lines, 330)


def outcomes(record: Record) -> Spec | None:
    """The change in an outcome that the reader picks, a row a policy, sorted as the reader picks; None without claims."""
    rows = []
    numbers = {row["policy"]: place for place, row in enumerate(record["policies"], 1)}
    for row in record["outcomes"]:
        change = row["change"]
        if change["est"] is None:
            continue
        better = FIXED if row.get("cannot_move") else reading_of(change, row["polarity"])
        rows.append(
            {
                "policy": row["policy"],
                "row": broken(row["policy"]),
                "outcome": words(row["outcome"]) + (" (cost)" if row["cost"] else ""),
                "unit": row["unit"],
                "reading": better,
                "number": numbers[row["policy"]],
                "order": change["est"] * (1 if row["polarity"] == "harm" else -1),
                **interval(change),
                "said": f"{figure(row['without'])} without, {figure(row['with'])} with ({row['unit']})",
                "by construction": "yes" if row["forced"] else "no",
                **sample(record, row["policy"], row["n_pairs"]),
            }
        )
    if not rows:
        return None
    names = list(dict.fromkeys(row["outcome"] for row in rows))
    first = words(record["outcome"]["name"])
    pick = alt.param(
        "outcome",
        value=first if first in names else names[0],
        bind=alt.binding_select(options=names, name="Outcome: "),
    )
    sort = alt.param("sort", value=SORTS[0], bind=alt.binding_select(options=SORTS, name="Sort: "))
    chart = (
        alt.Chart(pl.DataFrame(rows, infer_schema_length=None))
        .transform_filter("datum.outcome == outcome")
        .transform_calculate(place=f"sort == '{SORTS[0]}' ? datum.order : datum.number")
    )
    y = alt.Y("row:N", title=None, sort=alt.EncodingSortField("place", op="min"), axis=name_axis())
    colour = reading_colour(any(row["reading"] == FIXED for row in rows))
    tips = hover(["policy", "outcome"], "said", "reading", "by construction")
    lines = [
        "Mean change in a future with the policy; lines are intervals, each alone.",
        "Point at a dot for its means, pairs and seeds.",
    ]
    layers = dots(chart, y, colour, tips)
    titles = {row["outcome"]: f"Change in {row['outcome']}, counted in {row['unit']}" for row in rows}
    title = alt.expr(f"{json.dumps(titles)}[outcome]")
    return framed(alt.layer(*layers).add_params(pick, sort), title, lines, step_of(rows))


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
            "said": f"{figure(row['without'])} without, {figure(row['with'])} with",
            "members": f"{figure(row['members'])} active in a future",
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
    title = alt.expr("'Harm and benefit by group: ' + measure")
    return framed(alt.layer(*layers).add_params(measure, pick), title, lines, step_of(rows))


def evasion(record: Record) -> Spec | None:
    """Net change over the evasion rate, straight between the rates that were run; None where only one was.

    Policies that were run at one rate are level lines with their numbers, and so is doing nothing.
    """
    points = record["evasion"]["points"]
    if not points:
        return None
    by_name = {row["policy"]: row for row in record["policies"]}
    rows = [
        {
            "family": point["family"],
            "rate": point["rate"],
            "y": _net(record, by_name[point["policy"]]),
            **sample(record, point["policy"], by_name[point["policy"]]["n_pairs"]),
        }
        for point in points
    ]
    families = list(dict.fromkeys(row["family"] for row in rows))
    level: list[dict[str, Any]] = [
        {"number": str(number), "x": 0.0, "y": _net(record, row)} for number, row in level_policies(record)
    ]
    level.append({"number": NOTHING, "x": 0.0, "y": 0})
    _number(level)
    chart = alt.Chart(pl.DataFrame(rows, infer_schema_length=None))
    still = alt.Chart(pl.DataFrame(level))
    legend = alt.Legend(orient="top", direction="vertical", labelLimit=300)
    dash = alt.StrokeDash("family:N", title=None, scale=alt.Scale(domain=families), legend=legend)
    x = alt.X("rate:Q", title="evasion rate", axis=alt.Axis(format="~g"))
    y = alt.Y("y:Q", title=None, scale=alt.Scale(padding=16), axis=alt.Axis(tickMinStep=1, format="d"))
    nothing = f"datum.number == '{NOTHING}'"
    layers = [
        still.transform_filter(f"!({nothing})").mark_rule(color=BASE, strokeWidth=1.5).encode(y),
        still.transform_filter(nothing).mark_rule(color=SOFT, strokeDash=[4, 3]).encode(y),
        still.mark_point(size=1, opacity=0).encode(y, x=alt.value("width")).properties(name=NUMBERED),
        chart.mark_line(strokeWidth=2.5, color=POLICY).encode(x, y, strokeDash=dash).properties(name=AVOIDED),
        chart.mark_point(size=70, filled=True, color=POLICY, opacity=1).encode(
            x, y, tooltip=hover(["family", "rate"], "y")
        ),
    ]
    n = max(row["n_pairs"] for row in record["policies"])
    better = "Futures averted" if record["direction"] == "preventive" else "Futures brought about"
    lines = [f"{better}, of {n}, net. Straight between the rates that were run. Dashed and level: {NOTHING}."]
    return framed(alt.layer(*layers), "How much evasion a ranking survives", lines, 220)


def level_policies(record: Record) -> list[tuple[int, Record]]:
    """Each policy that the chart of evasion shows at one height, with its number."""
    in_lines = {point["policy"] for point in record["evasion"]["points"]}
    return [
        (number, row)
        for number, row in enumerate(record["policies"], 1)
        if row["claim"] == "made" and row["policy"] not in in_lines
    ]


def standing_of(row: Record) -> str:
    """Where a policy stands in the trade-off, the colour of its dot: it does harm where it makes the outcome worse, or harms a group."""
    if row["worse"] or row["harmed_groups"]:
        return "does harm"
    return "not dominated" if row["on_front"] else "dominated"


def trade_off_rows(record: Record) -> list[dict[str, Any]]:
    """A row a policy and cost: where its dot and intervals lie, the `label` beside it, and the pixels `aside`."""
    sign, rows = -1 if record["direction"] == "preventive" else 1, []
    known = {row["outcome"]: row for row in record["outcomes"]}
    for number, row in enumerate(record["policies"], 1):
        if row["claim"] != "made":
            continue
        n, found = row["n_pairs"], row["rd_simultaneous"]
        ends = [None if found[end] is None else sign * found[end] * n for end in ("low", "high")]
        standing = standing_of(row)
        net = _net(record, row)
        for cost, change in row["costs"].items():
            if change["est"] is None:
                continue
            rows.append(
                {
                    "policy": row["policy"],
                    "number": number,
                    "by construction": "yes" if row["by_construction"] else "no",
                    "cost": words(cost),
                    "unit": known[cost]["unit"],
                    "polarity": known[cost]["polarity"],
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
        shown = [row for row in rows if row["cost"] == cost]
        _number(shown)
        _set_apart(shown)
    return rows


def _net(record: Record, row: Record) -> int:
    """Futures changed for the better, less those changed for the worse."""
    more = int(row["table"]["n01"] - row["table"]["n10"])
    return -more if record["direction"] == "preventive" else more


def _set_apart(rows: list[dict[str, Any]]) -> None:
    """Give each dot of one cost the pixels `aside` at which its upright line covers no other, nor the line at 0.

    Dots that share a label stay neighbours.
    """
    near = NEAR * _span(rows, "x")
    clumps: list[list[dict[str, Any]]] = []
    for row in sorted(rows, key=lambda row: int(row["shares"])):
        clump = next((clump for clump in clumps if abs(clump[0]["x"] - row["x"]) <= near), None)
        if clump:
            clump.append(row)
        else:
            clumps.append([row])
    for clump in clumps:
        n = len(clump)
        steps = [k - (n - 1) / 2 for k in range(n)]
        if abs(clump[0]["x"]) <= near:
            steps = [k for k in range(-(n // 2), n - n // 2 + 1) if k]
        for row, step in zip(clump, steps, strict=True):
            row["aside"] = APART * step


def _number(rows: list[dict[str, Any]]) -> None:
    """Give dots their `label`: a policy's number, or those of all whose dots would cover its own.

    `shares` is the number of the first of them.
    """
    near_x = NEAR * _span(rows, "x")
    near_y = NEAR * _span(rows, "y")
    leaders: list[dict[str, Any]] = []
    for row in rows:
        for other in leaders:
            if abs(row["x"] - other["x"]) <= near_x and abs(row["y"] - other["y"]) <= near_y:
                other["label"], row["label"] = f"{other['label']}, {row['number']}", ""
                row["shares"] = other["number"]
                break
        else:
            row["label"], row["shares"] = str(row["number"]), row["number"]
            leaders.append(row)


def _span(rows: list[dict[str, Any]], axis: str) -> float:
    ends = (axis, f"{axis}_low", f"{axis}_high")
    values = [0.0] + [row[end] for row in rows for end in ends if row.get(end) is not None]
    return max(values) - min(values)
