"""Who gains and who loses: hostile posts seen and departures by group and persona, and how evenly the gain is shared."""

from typing import Any

import numpy as np
import polars as pl

PAIR = ["draw", "seed"]
KINDS = ("group", "persona")
"""Columns of the members' table that part the members; each is a way of parting all of them."""
MEASURES = {"hostile_exposures": "hostile posts shown to a member", "left": "share who left before the end"}
"""What is measured by group, both harms; members who were active at least once count."""
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


def group_means(members: pl.LazyFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """draw, seed, kind, group, measure, members, baseline, policy: means over the active members of a group.

    `members` holds the active members of both arms, `members` of a row how many the baseline had. A pair in
    which either arm has no active member of the group has no row.
    """
    there = set(members.collect_schema().names())
    means = {
        "hostile_exposures": pl.col("saw_hostile").mean(),
        "left": pl.col("left").is_not_null().mean(),
    }
    needed = {"hostile_exposures": "saw_hostile", "left": "left"}
    measured = [name for name in MEASURES if needed[name] in there]
    parts = []
    for kind in KINDS:
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
    found = pl.concat(parts) if parts else pl.DataFrame(schema=SCHEMA)
    keys = pairs.select(pl.col(PAIR).cast(pl.Int64))
    return found.join(keys, on=PAIR, how="semi").sort("kind", "group", "measure", *PAIR)


def member_changes(members: pl.LazyFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """cell, averted: each member active in both arms of a pair, and how many hostile posts fewer it was shown.

    `cell` is the member's group and persona together, so that every member is in one cell.
    """
    there = set(members.collect_schema().names())
    if "saw_hostile" not in there:
        return pl.DataFrame(schema={"cell": pl.String, "averted": pl.Float64})
    parted = [kind for kind in KINDS if kind in there]
    cell = (
        pl.concat_str([pl.col(kind).cast(pl.String) for kind in parted], separator=", ")
        if parted
        else pl.lit("all")
    )
    each = (
        members.select(
            *(pl.col(name).cast(pl.Int64) for name in PAIR), "arm", "member", "saw_hostile", cell=cell
        )
        .collect()
        .join(pairs.select(pl.col(PAIR).cast(pl.Int64)), on=PAIR, how="semi")
    )
    both = _arm(each, "baseline").join(_arm(each, "policy"), on=[*PAIR, "member"], suffix="_policy")
    return both.select(
        "cell", averted=(pl.col("saw_hostile") - pl.col("saw_hostile_policy")).cast(pl.Float64)
    )


def shared_out(changes: pl.DataFrame) -> dict[str, Any]:
    """How evenly the averted exposures are shared: counts of members better and worse off, and two Gini numbers.

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
