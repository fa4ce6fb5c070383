"""Which charts a report shows, each with the same in words; no share of fewer than 20 cases is drawn."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from windtunnel.analysis import numbers_in_words, summary
from windtunnel.analysis.causal.necessity import CELLS
from windtunnel.analysis.causal.questions import PERCENT_FROM
from windtunnel.analysis.incidents.moments import step_words
from windtunnel.analysis.report import charts
from windtunnel.analysis.report.blocks import Picture, Text
from windtunnel.analysis.report.measures import Trajectory, counted, divergence, trajectory
from windtunnel.sim.communities import declared

Record = Mapping[str, Any]
Figure = Picture | Text

CELL_WORDS = {
    "preventive": {
        "n10": ("stopped by {}", charts.POLICY),
        "n01": ("caused by {}", charts.BAD),
        "n11": ("happened either way", charts.BASE),
        "n00": ("did not happen either way", charts.FAINT),
    },
    "generative": {
        "n01": ("brought about by {}", charts.POLICY),
        "n10": ("prevented by {}", charts.BAD),
        "n11": ("happened either way", charts.BASE),
        "n00": ("did not happen either way", charts.FAINT),
    },
}
NAMES = {
    "pn": "necessity",
    "ps": "sufficiency",
    "pn_backfire": "backfire, looking back",
    "ps_backfire": "backfire, looking ahead",
}


def of_pairs(estimates: Record, manifest: Record | None) -> list[Figure]:
    """What can be drawn from estimates alone."""
    return [pairs(estimates, manifest), shares(estimates), *curve(estimates, manifest)]


def of_run(
    estimates: Record,
    manifest: Record,
    runs: pl.DataFrame,
    events: pl.DataFrame,
    members: pl.DataFrame,
    measures: pl.DataFrame,
) -> list[Figure]:
    """All charts of a finished run."""
    first, second, *rest = of_pairs(estimates, manifest)
    went = [course(manifest, runs, events, members, measures), *courses(manifest, runs, measures)]
    drawn = [first, *went, second, parting(manifest, runs), *rest]
    return sorted(drawn, key=lambda figure: isinstance(figure, Text))  # what could not be drawn comes last


def pairs(estimates: Record, manifest: Record | None) -> Picture:
    policy, table = summary.policy_words(manifest), estimates["table"]
    cells = [
        (words.format(policy), table[cell], colour)
        for cell, (words, colour) in CELL_WORDS[estimates["direction"]].items()
    ]
    said = "; ".join(f"{count} {words}" for words, count, _ in cells)
    return Picture(charts.pairs_picture(cells), f"Pairs of twins: {said}.", "")


def shares(estimates: Record) -> Figure:
    """Rates in both arms, PN, PS and backfire with intervals and bounds, from 20 cases on."""
    rows, short = [], []
    n, bounds = estimates["n_pairs"], estimates["bounds"]
    dens = {question["key"]: question["den"] for question in estimates["questions"]}
    for key, what, den in (
        ("p0", "without the policy", n),
        ("p1", "with the policy", n),
        *((key, words, dens[key]) for key, words in NAMES.items()),
        ("backfire", "backfire, of all pairs", n),
    ):
        if den < PERCENT_FROM:
            short.append(f"{what} ({den})")
            continue
        bound = bounds.get(key) or {"low": None, "high": None}
        ends = {"least": bound["low"], "most": bound["high"]}
        rows.append({"what": f"{what}", **estimates[key], **ends})
    left = f" No percentage, for want of {PERCENT_FROM} cases: {', '.join(short)}." if short else ""
    if not rows:
        return Text(f"The rates are not drawn.{left} The counts above are all there is.", "small")
    frame = pl.DataFrame(
        rows, schema_overrides=dict.fromkeys(("est", "low", "high", "least", "most"), pl.Float64)
    )
    said = "; ".join(_share_words(row) for row in rows)
    return Picture(
        charts.shares_picture(frame, estimates["confidence"]), f"Shares: {said}.{left}", left.strip()
    )


def _share_words(row: Record) -> str:
    ends = "" if row["low"] is None else f" ({row['low']:.0%} to {row['high']:.0%} by chance"
    other = (
        ""
        if row["least"] is None
        else f"{'; ' if ends else ' ('}{row['least']:.0%} to {row['most']:.0%} by coupling"
    )
    return f"{row['what']} {row['est']:.0%}{ends}{other}{')' if ends or other else ''}"


def course(
    manifest: Record,
    runs: pl.DataFrame,
    events: pl.DataFrame,
    members: pl.DataFrame,
    measures: pl.DataFrame,
) -> Figure:
    """The outcome over time, or what stands in for it."""
    config = manifest["config"]
    outcome, name = manifest["outcome"], str(config["community"]["name"])
    hours = float(config["community"].get("step_hours", 1.0))
    found = trajectory(runs, events, members, outcome, config["steps"], measures, name, hours)
    if found is None:
        return Text("The outcome is known at the end of a run only, so it has no course to draw.", "small")
    return _drawn(found, manifest)


def courses(manifest: Record, runs: pl.DataFrame, measures: pl.DataFrame) -> list[Figure]:
    """What the community counts at each step, over time, one picture a measure."""
    units = declared(manifest["config"]["community"]).measures
    return [_drawn(found, manifest) for found in counted(runs, measures, units).values()]


def _drawn(found: Trajectory, manifest: Record) -> Picture:
    last = found.points.filter(pl.col("step") == pl.col("step").max()).rows_by_key(
        "arm", named=True, unique=True
    )
    svg = charts.course_picture(
        found.points, numbers_in_words.capital(found.label), found.band, _step(manifest)
    )
    ends = [
        f"{numbers_in_words.figure(last[arm]['mean'])} {words}"
        for arm, words in (("baseline", "without the policy"), ("policy", "with it"))
    ]
    why = "" if found.own else " The declared outcome is known at the end only; this stands in for it."
    return Picture(
        svg, f"{numbers_in_words.capital(found.label)}, mean at the end: {' and '.join(ends)}.{why}"
    )


def parting(manifest: Record, runs: pl.DataFrame) -> Figure:
    found = divergence(runs)
    never = f"{found.never} of {numbers_in_words.number(found.pairs, 'pair')} never parted."
    if found.points.is_empty():
        return Text(
            f"When twins first parted: {never} In what they did, the policy changed nothing.", "small"
        )
    svg = charts.parting_picture(found.points, manifest["config"]["steps"], _step(manifest), never)
    had = found.points["pairs"].cum_sum() * 2 >= found.points["pairs"].sum()
    half = found.points["step"].filter(had)[0]
    return Picture(
        svg, f"Where twins parted, half of them had by {step_words(half, _step(manifest))}. {never}"
    )


def curve(estimates: Record, manifest: Record | None) -> list[Figure]:
    """PN and PS over the threshold; nothing where the outcome was not measured."""
    rows = []
    for point in estimates.get("curve") or []:
        for key in ("pn", "ps"):
            cells = CELLS[estimates["direction"]][key][1]
            if sum(point["table"][cell] for cell in cells) >= PERCENT_FROM and point[key]["est"] is not None:
                rows.append({"threshold": point["threshold"], "what": NAMES[key], **point[key]})
    if len({row["threshold"] for row in rows}) < 2:
        return []
    frame = pl.DataFrame(rows, schema_overrides=dict.fromkeys(("est", "low", "high"), pl.Float64))
    unit = manifest["outcome"]["unit"] if manifest else numbers_in_words.words(estimates["outcome"])
    svg = charts.curve_picture(frame, estimates["threshold"], unit)
    said = (
        f"Necessity and sufficiency at {len({row['threshold'] for row in rows})} thresholds from "
        f"{min(row['threshold'] for row in rows):g} to {max(row['threshold'] for row in rows):g}; points with fewer "
        f"than {PERCENT_FROM} cases are left out. A threshold chosen from this picture is no longer a declared one."
    )
    return [Picture(svg, said)]


def _step(manifest: Record) -> str:
    noun = declared(manifest["config"]["community"]).nouns.step
    if noun != "step":
        return noun
    return "hour" if manifest["config"]["community"].get("step_hours", 1) == 1 else "step"
