"""Each policy against the baseline: the paired quantities, every other outcome and cost, and the groups."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from windtunnel.analysis.causal.intervals import FEW, UNDEFINED, Estimate, mean_difference, paired_difference
from windtunnel.analysis.causal.necessity import QUANTITIES, coupling_free, paired_estimates
from windtunnel.analysis.comparison.groups import OF_OLD, measures, turns
from windtunnel.analysis.comparison.inputs import Tested
from windtunnel.analysis.comparison.simultaneous import Family, by_draw, family, strength, told_apart
from windtunnel.analysis.outcomes import Outcome, known_outcomes
from windtunnel.sim.community import Declared

QUIET = UNDEFINED._asdict()


class Change(NamedTuple):
    """One column of a family: who and what it is, each pair's draw, and each pair's difference."""

    about: dict[str, Any]
    draw: np.ndarray
    difference: np.ndarray


def effects(
    tested: Sequence[Tested], direction: str, confidence: float
) -> tuple[list[dict[str, Any]], Family]:
    """A record a policy, in the form of estimates.json, with `rd_simultaneous` and `told_apart`.

    A run that makes no claim keeps its counts, has every causal number null and no part in the family.
    """
    claiming = [one for one in tested if one.claim_reason is None]
    moved = [Change({}, *_differences(one.pairs, "y0", "y1")) for one in claiming]
    found = family_of(moved, confidence)

    def interval(k: int, level: float) -> Estimate:
        return paired(claiming[k].pairs, "y0", "y1", level, confidence)

    apart = told_apart(found, strengths(moved), interval, confidence)
    simultaneous = {
        one.name: (interval(k, found.level)._asdict(), apart[k]) for k, one in enumerate(claiming)
    }
    return [_effect(one, direction, confidence, simultaneous.get(one.name)) for one in tested], found


def _effect(
    one: Tested, direction: str, confidence: float, simultaneous: tuple[dict[str, Any], bool] | None
) -> dict[str, Any]:
    y0, y1, draw = (one.pairs[name].to_numpy() for name in ("y0", "y1", "draw"))
    counted = paired_estimates(y0, y1, direction=direction, draw=draw, confidence=confidence)
    record: dict[str, Any] = {
        "policy": one.name,
        "folder": one.folder,
        "parameters": [[name, given] for name, given in one.specs],
        "claim": "made" if one.claim_reason is None else "withheld",
        "claim_reason": one.claim_reason,
        "by_construction": one.by_construction,
        "coupling": one.coupling,
        "n_pairs": len(one.pairs),
        "n_draws": one.pairs["draw"].n_unique(),
        "n_seeds": one.pairs["seed"].n_unique(),
        "n_lost": one.lost,
        "table": counted.table._asdict(),
        "p0": counted.p0._asdict(),
        "p1": counted.p1._asdict(),
    }
    if simultaneous is None:
        quiet = dict.fromkeys(("rd", "rd_simultaneous", *QUANTITIES), QUIET)
        return record | quiet | {"told_apart": None, "bounds": None}
    record |= {"rd": counted.rd._asdict(), "rd_simultaneous": simultaneous[0], "told_apart": simultaneous[1]}
    record |= {name: getattr(counted, name)._asdict() for name in QUANTITIES}
    bounds = coupling_free(counted.p1.est, counted.p0.est, direction)
    record["bounds"] = {
        name: None if ends is None else {"low": float(ends[0]), "high": float(ends[1])}
        for name, ends in bounds.items()
    }
    return record


def outcome_changes(tested: Sequence[Tested], confidence: float) -> list[dict[str, Any]]:
    """A record for each policy and outcome: means in both arms, the paired difference, each interval alone."""
    records = []
    for one in tested:
        for outcome in _measured(one):
            rows = one.measures.filter(pl.col("outcome") == outcome.name)
            step = (rows["policy"] - rows["baseline"]).to_numpy()
            change = mean_difference(step, rows["draw"].to_numpy(), confidence)
            quiet = one.claim_reason is not None
            records.append(
                {
                    "policy": one.name,
                    "outcome": outcome.name,
                    "unit": outcome.unit,
                    "polarity": outcome.polarity,
                    "cost": outcome.cost,
                    "memo": outcome.memo,
                    "forced": outcome.name in one.forced,
                    "n_pairs": len(rows),
                    "changed_pairs": int((step != 0).sum()),
                    "without": _mean(rows["baseline"]),
                    "with": _mean(rows["policy"]),
                    "change": QUIET if quiet else change._asdict(),
                }
            )
    return records


def group_changes(
    tested: Sequence[Tested], confidence: float, found_of: Declared = OF_OLD
) -> tuple[list[dict[str, Any]], Family]:
    """A record for each policy, group and measure: means, the difference, and whether it is beyond noise.

    All of them are one family, so `harmed` and `helped` hold at once with the stated confidence.
    """
    units, turn = measures(found_of), turns(found_of)
    columns = [
        Change(
            {
                "policy": one.name,
                "kind": rows["kind"][0],
                "group": rows["group"][0],
                "measure": rows["measure"][0],
                "unit": units[rows["measure"][0]],
                "forced": rows["measure"][0] in one.forced,
                "n_pairs": len(rows),
                "n_draws": rows["draw"].n_unique(),
                "members": _mean(rows["members"]),
                "without": _mean(rows["baseline"]),
                "with": _mean(rows["policy"]),
            },
            *_differences(rows, "baseline", "policy"),
        )
        for one in tested
        if one.claim_reason is None
        for rows in one.groups.partition_by("kind", "group", "measure", maintain_order=True)
    ]
    found, intervals, apart = mean_family(columns, confidence)
    return [
        column.about
        | {
            "change": mean_difference(column.difference, column.draw, confidence)._asdict(),
            "simultaneous": interval._asdict(),
            "harmed": differs and (interval.est or 0) * turn[column.about["measure"]] > 0,
            "helped": differs and (interval.est or 0) * turn[column.about["measure"]] < 0,
        }
        for column, interval, differs in zip(columns, intervals, apart, strict=True)
    ], found


def mean_family(columns: Sequence[Change], confidence: float) -> tuple[Family, list[Estimate], list[bool]]:
    """Student's intervals of many mean differences, made at one level, and which of them differ from zero."""
    found = family_of(columns, confidence)

    def interval(k: int, level: float) -> Estimate:
        # Bonferroni's level may round to 1, where Student's t has no finite limit
        return mean_difference(columns[k].difference, columns[k].draw, min(level, 1 - 1e-12))

    apart = told_apart(found, strengths(columns), interval, confidence)
    return found, [interval(k, found.level) for k in range(len(columns))], apart


def family_of(columns: Sequence[Change], confidence: float) -> Family:
    """The family of these columns; one without comparisons where there are none."""
    if not columns:
        return Family("single", confidence, 0, 0)
    return family(*by_draw([(column.draw, column.difference) for column in columns]), confidence)


def strengths(columns: Sequence[Change]) -> list[float]:
    """|t| of each column; see `simultaneous.strength`."""
    if not columns:
        return []
    return strength(*by_draw([(column.draw, column.difference) for column in columns])).tolist()


def paired(pairs: pl.DataFrame, without: str, under: str, level: float, alone: float) -> Estimate:
    """The risk difference of two 0/1 columns with its interval over draws, at a level for many comparisons at once.

    Student's t over draws at that level, never shorter than the interval at level `alone`: Newcombe's at the strict
    level asks so much of a few draws that no difference was found. With `FEW` draws, or draws that all differ by the
    same amount, t knows no spread, and Newcombe's at the strict level stands.
    """
    y0, y1, draw = (pairs[name].to_numpy() for name in (without, under, "draw"))
    level = min(level, 1 - 1e-12)
    single = paired_difference(y0, y1, draw, alone)
    if single.low is None or single.high is None or level <= alone:
        return single
    found = mean_difference(y1.astype(float) - y0, draw, level)
    if found.low is None or found.high is None or len(np.unique(draw)) <= FEW:
        return paired_difference(y0, y1, draw, level)
    return Estimate(single.est, max(-1.0, min(single.low, found.low)), min(1.0, max(single.high, found.high)))


def costs_of(changes: Sequence[Mapping[str, Any]], policy: str) -> dict[str, Mapping[str, Any]]:
    """The changes of one policy in those outcomes that are declared as costs, by name."""
    return {row["outcome"]: row for row in changes if row["policy"] == policy and row["cost"]}


def _measured(one: Tested) -> list[Outcome]:
    held = set(one.measures["outcome"].unique())
    return [outcome for name, outcome in known_outcomes().items() if name in held]


def _differences(rows: pl.DataFrame, without: str, under: str) -> tuple[np.ndarray, np.ndarray]:
    step = rows[under].cast(pl.Float64) - rows[without].cast(pl.Float64)
    return rows["draw"].to_numpy(), step.to_numpy()


def _mean(column: pl.Series) -> float | None:
    return float(column.sum()) / len(column) if len(column) else None
