"""Policies against each other on common seeds: which can be told apart, for whom, and what two do together."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from windtunnel.analysis.causal.intervals import Estimate, mean_difference
from windtunnel.analysis.comparison.effects import Change, family_of, mean_family, paired, strengths
from windtunnel.analysis.comparison.groups import OF_OLD, turns
from windtunnel.analysis.comparison.inputs import Tested
from windtunnel.analysis.comparison.simultaneous import Family, told_apart
from windtunnel.sim.community import Declared

KEY = ["draw", "seed"]
GROUP = ["kind", "group", "measure"]


def contrasts(
    tested: Sequence[Tested], direction: str, confidence: float
) -> tuple[list[dict[str, Any]], Family]:
    """A record for each two policies: futures with the outcome under each, and the difference (a minus b).

    `better` names the policy with fewer harms (more goods) where the two can be told apart, over all pairs of
    policies at once; else it is None.
    """
    two = list(combinations([one for one in tested if one.claim_reason is None], 2))
    both = [a.pairs.join(b.pairs, on=KEY, suffix="_b").sort(KEY) for a, b in two]
    two = [pair for pair, rows in zip(two, both, strict=True) if len(rows)]
    both = [rows for rows in both if len(rows)]
    columns = [
        Change({}, rows["draw"].to_numpy(), (rows["y1"].cast(pl.Int64) - rows["y1_b"]).to_numpy())
        for rows in both
    ]
    found = family_of(columns, confidence)

    def interval(k: int, level: float) -> Estimate:
        return paired(both[k], "y1_b", "y1", level, confidence)

    apart = told_apart(found, strengths(columns), interval, confidence)
    records = []
    for k, ((a, b), rows) in enumerate(zip(two, both, strict=True)):
        difference = interval(k, found.level)
        fewer, more = (a.name, b.name) if (difference.est or 0) < 0 else (b.name, a.name)
        records.append(
            {
                "a": a.name,
                "b": b.name,
                "n_pairs": len(rows),
                "n_draws": rows["draw"].n_unique(),
                "happened_a": int(rows["y1"].sum()),
                "happened_b": int(rows["y1_b"].sum()),
                "only_a": int(((rows["y1"] == 1) & (rows["y1_b"] == 0)).sum()),
                "only_b": int(((rows["y1"] == 0) & (rows["y1_b"] == 1)).sum()),
                "difference": interval(k, confidence)._asdict(),
                "simultaneous": difference._asdict(),
                "told_apart": apart[k],
                "better": (fewer if direction == "preventive" else more) if apart[k] else None,
            }
        )
    return records, found


def group_contrasts(
    tested: Sequence[Tested], confidence: float, found_of: Declared = OF_OLD
) -> tuple[list[dict[str, Any]], Family]:
    """A record for each two policies, group and measure: the difference of their means (a minus b).

    `better` names the policy under which the group fares better beyond noise; else it is None.
    """
    columns, turn = [], turns(found_of)
    claiming = [one for one in tested if one.claim_reason is None]
    for a, b in combinations(claiming, 2):
        rows = a.groups.join(b.groups, on=[*KEY, *GROUP], suffix="_b")
        for part in rows.sort(*GROUP, *KEY).partition_by(GROUP, maintain_order=True):
            about = {"a": a.name, "b": b.name} | {name: part[name][0] for name in GROUP}
            about["forced"] = about["measure"] in (*a.forced, *b.forced)
            step = (part["policy"] - part["policy_b"]).to_numpy()
            columns.append(Change(about | {"n_pairs": len(part)}, part["draw"].to_numpy(), step))
    found, intervals, apart = mean_family(columns, confidence)
    records = []
    for column, interval, differs in zip(columns, intervals, apart, strict=True):
        worse = (interval.est or 0) * turn[column.about["measure"]]
        better = column.about["a"] if worse < 0 else column.about["b"]
        records.append(
            column.about
            | {
                "simultaneous": interval._asdict(),
                "told_apart": differs,
                "better": better if differs else None,
            }
        )
    return records, found


def better_for_groups(
    contrast: dict[str, Any], groups: Sequence[dict[str, Any]], found_of: Declared = OF_OLD
) -> tuple[str | None, bool]:
    """The policy under which every group is better off beyond noise in the first of the declared harms, or None; and
    whether one of the two decides that by its own mechanism."""
    if not found_of.harms:
        return None, False
    first = found_of.harms[0].said()["name"]
    rows = [
        row
        for row in groups
        if (row["a"], row["b"]) == (contrast["a"], contrast["b"]) and row["measure"] == first
    ]
    better = {row["better"] for row in rows}
    return (better.pop() if len(better) == 1 else None), any(row["forced"] for row in rows)


def interactions(tested: Sequence[Tested], confidence: float) -> list[dict[str, Any]]:
    """For each treatment of several policies whose parts are also present alone: what they do beyond their sum.

    effect(all) - effect(each) summed, on the scale of the share of futures with the outcome, counted in the
    same pairs; 0 where the parts add up. Each interval stands alone.
    """
    claiming = [one for one in tested if one.claim_reason is None]
    alone = {_key(one.specs): one for one in claiming if len(one.specs) == 1}
    records = []
    for whole in claiming:
        parts = [alone.get(_key((spec,))) for spec in whole.specs]
        if len(parts) < 2 or None in parts:
            continue
        held = [part for part in parts if part is not None]
        rows = whole.pairs
        for at, part in enumerate(held):
            rows = rows.join(part.pairs.select(*KEY, pl.col("y1").alias(f"y1_{at}")), on=KEY)
        if rows.is_empty():
            continue
        y0, draw = rows["y0"].to_numpy().astype(float), rows["draw"].to_numpy()
        effect = [rows["y1"].to_numpy() - y0, *(rows[f"y1_{at}"].to_numpy() - y0 for at in range(len(held)))]
        beyond = effect[0] - np.sum(effect[1:], axis=0)
        records.append(
            {
                "policy": whole.name,
                "parts": [part.name for part in held],
                "n_pairs": len(rows),
                "net": [round(float(step.sum())) for step in effect],
                "interaction": mean_difference(beyond, draw, confidence)._asdict(),
                "changed_pairs": int((beyond != 0).sum()),
            }
        )
    return records


def _key(specs: tuple[tuple[str, dict[str, Any]], ...]) -> str:
    return repr([(name, sorted(given.items(), key=lambda item: item[0])) for name, given in specs])
