"""Who gains and who loses: the harms that a community declares, and departures, by group and persona, and how evenly the
gain is shared.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from windtunnel.sim.communities import community_names, declared
from windtunnel.sim.communities.forum.declared import DECLARED
from windtunnel.sim.community import Declared

PAIR = ["draw", "seed"]
KINDS = ("group", "persona")
"""Columns of the members' table that part the members, where a community declares no others."""
LEFT = "share who left before the end"
OF_OLD = DECLARED
"""What is declared where a record does not say of which community it is, or where that is not installed."""
SCHEMA = {
    "draw": pl.Int64,
    "seed": pl.Int64,
    "kind": pl.String,
    "group": pl.String,
    "measure": pl.String,
    "members": pl.Float64,
    "baseline": pl.Float64,
    "policy": pl.Float64,
}


def declared_of(config: Mapping[str, Any]) -> Declared:
    """What the community of a run's settings declares."""
    community = config.get("community") or {}
    return declared(community) if community.get("name") in community_names() else OF_OLD


def measures(found: Declared) -> dict[str, str]:
    """What is measured by group, with its unit: the declared harms, and departures."""
    return {harm.said()["name"]: harm.unit for harm in found.harms} | {"left": LEFT}


MEASURES = measures(OF_OLD)


def turns(found: Declared) -> dict[str, int]:
    """By measure, 1 where more of it is worse, -1 where it is better."""
    return {harm.said()["name"]: -1 if harm.polarity == "good" else 1 for harm in found.harms} | {"left": 1}


def group_means(members: pl.LazyFrame, pairs: pl.DataFrame, found: Declared = OF_OLD) -> pl.DataFrame:
    """draw, seed, kind, group, measure, members, baseline, policy: means over the active members of a group.

    `members` holds the active members of both arms, `members` of a row how many the baseline had. A pair in
    which either arm has no active member of the group has no row.
    """
    there = set(members.collect_schema().names())
    means = {harm.said()["name"]: pl.col(harm.column).mean() for harm in found.harms if harm.column in there}
    if "left" in there:
        means["left"] = pl.col("left").is_not_null().mean()
    measured, parts = list(means), []
    for kind in found.groups or KINDS:
        if kind not in there or not measured:
            continue
        each = (
            members.group_by(*PAIR, "arm", pl.col(kind).cast(pl.String).alias("group"))
            .agg(pl.len().cast(pl.Float64).alias("members"), *(means[name].alias(name) for name in measured))
            .collect()
        )
        key = [*PAIR, "group"]
        both = _arm(each, "baseline").join(_arm(each, "policy"), on=key, suffix="_policy")
        parts += [
            both.select(
                *PAIR,
                pl.lit(kind).alias("kind"),
                "group",
                pl.lit(name).alias("measure"),
                "members",
                pl.col(name).alias("baseline"),
                pl.col(f"{name}_policy").alias("policy"),
            ).cast(SCHEMA)  # type: ignore[arg-type]
            for name in measured
        ]
    whole = pl.concat(parts) if parts else pl.DataFrame(schema=SCHEMA)
    keys = pairs.select(pl.col(PAIR).cast(pl.Int64))
    return whole.join(keys, on=PAIR, how="semi").sort("kind", "group", "measure", *PAIR)


def member_changes(members: pl.LazyFrame, pairs: pl.DataFrame, found: Declared = OF_OLD) -> pl.DataFrame:
    """cell, averted: each member active in both arms of a pair, and how much better off it was in the first of the
    declared harms.

    `cell` is the member's groups and persona together, so that every member is in one cell.
    """
    there = set(members.collect_schema().names())
    harm = found.harms[0] if found.harms else None
    if harm is None or harm.column not in there:
        return pl.DataFrame(schema={"cell": pl.String, "averted": pl.Float64})
    parted = [kind for kind in found.groups or KINDS if kind in there]
    cell = (
        pl.concat_str([pl.col(kind).cast(pl.String) for kind in parted], separator=", ")
        if parted
        else pl.lit("all")
    )
    each = (
        members.select(
            *(pl.col(name).cast(pl.Int64) for name in PAIR), "arm", "member", harm.column, cell=cell
        )
        .collect()
        .join(pairs.select(pl.col(PAIR).cast(pl.Int64)), on=PAIR, how="semi")
    )
    both = _arm(each, "baseline").join(_arm(each, "policy"), on=[*PAIR, "member"], suffix="_policy")
    less = (pl.col(harm.column) - pl.col(f"{harm.column}_policy")).cast(pl.Float64)
    return both.select("cell", averted=-less if harm.polarity == "good" else less)


def shared_out(changes: pl.DataFrame) -> dict[str, Any]:
    """How evenly the averted harm is shared: counts of members better and worse off, and two Gini numbers.

    A loss counts as no gain in a Gini coefficient (it has none for negative numbers), so read `worse` beside
    it. `gini_groups` is over the means of groups x personas, weighted by members; None where nobody gains.
    """
    averted = changes["averted"].to_numpy()
    cells = changes.group_by("cell").agg(pl.col("averted").mean(), members=pl.len()).sort("cell")
    return {
        "members": len(averted),
        "better": int((averted > 0).sum()),
        "worse": int((averted < 0).sum()),
        "gini_members": gini(np.maximum(averted, 0)),
        "gini_groups": gini(np.maximum(cells["averted"].to_numpy(), 0), cells["members"].to_numpy()),
    }


def gini(values: Any, weights: Any = None) -> float | None:
    """Gini coefficient of non-negative values: 0 shared equally, near 1 one has all; None where all are 0.

    >>> gini([1, 1, 1, 1]), gini([0, 0, 0, 1])
    (0.0, 0.75)
    """
    values = np.asarray(values, float)
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, float)
    order = np.argsort(values)
    values, weights = values[order], weights[order]
    total = float((values * weights).sum())
    if total <= 0:
        return None
    people = np.concatenate([[0.0], np.cumsum(weights) / weights.sum()])
    held = np.concatenate([[0.0], np.cumsum(values * weights) / total])
    return max(0.0, 1.0 - float(((people[1:] - people[:-1]) * (held[1:] + held[:-1])).sum()))


def _arm(frame: pl.DataFrame, arm: str) -> pl.DataFrame:
    return frame.filter(pl.col("arm") == arm).drop("arm")
