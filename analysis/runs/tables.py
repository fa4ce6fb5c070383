"""Finished runs as tables: a row a run with every outcome, a row a pair with what happened in both of its arms."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

from windtunnel.analysis.configuration import Plan
from windtunnel.analysis.outcomes import RUN, Runs, measure_all
from windtunnel.sim.block import Run
from windtunnel.sim.events import SCHEMA
from windtunnel.sim.experiment import ARMS, Unit
from windtunnel.sim.run import parted

_KINDS = {
    "draw": pl.Int32,
    "seed": pl.Int32,
    "arm": pl.String,
    "stage": pl.String,
    "reason": pl.String,
    "first_divergence": pl.Int32,
}


class Tables(NamedTuple):
    """What the runs hold, one table a kind; `runs` has a column for every outcome, null where a run failed."""

    runs: pl.DataFrame
    events: pl.DataFrame
    members: pl.DataFrame
    links: pl.DataFrame
    measures: pl.DataFrame
    pairs: pl.DataFrame
    """Twins side by side, with y = 1 where severity reaches the threshold."""
    lost: int
    """Pairs of the plan that have no row there."""


def tables(plan: Plan, finished: Sequence[Run]) -> Tables:
    """The tables of runs in (draw, seed, arm) order."""
    by_unit = {run.unit: run for run in finished}
    rows = [
        {
            "draw": run.unit.draw,
            "seed": run.unit.seed,
            "arm": run.unit.arm,
            "status": run.status,
            "stage": run.stage,
            "reason": run.reason,
            "decisions": run.decisions,
            "first_divergence": _divergence(by_unit, run),
            "events_sha256": run.events_sha256,
        }
        for run in finished
    ]
    runs = pl.DataFrame(rows, schema_overrides=_KINDS)
    events = pl.concat([run.events for run in finished]) if finished else pl.DataFrame(schema=SCHEMA)
    members, links, measures = (
        pl.concat([getattr(run, name) for run in finished]) for name in ("members", "links", "measures")
    )
    ok = runs.filter(pl.col("status") == "ok")
    experiment = plan.experiment
    measured = measure_all(
        Runs(
            ok,
            events.join(ok, on=RUN, how="semi"),
            members.join(ok, on=RUN, how="semi"),
            plan.horizon,
            experiment.steps,
            measures.join(ok, on=RUN, how="semi"),
            float(experiment.community["step_hours"]),
        ),
        str(experiment.community["name"]),
    )
    runs = runs.join(measured, on=RUN, how="left", maintain_order="left")
    pairs = _paired(plan, runs)
    return Tables(
        runs, events, members, links, measures, pairs, experiment.draws * experiment.seeds - len(pairs)
    )


def _paired(plan: Plan, runs: pl.DataFrame) -> pl.DataFrame:
    """A row for each pair of which anything is known.

    A pair that lost one half keeps the other: what is known of it narrows the worst case.
    """
    ok = runs.filter((pl.col("status") == "ok") & pl.col(plan.outcome.name).is_not_null())
    wide = ok.select("draw", "seed", "arm", severity=plan.outcome.name)
    parts = {
        arm: wide.filter(pl.col("arm") == arm).select(
            "draw", "seed", pl.col("severity").alias(f"severity_{arm}")
        )
        for arm in ARMS
    }
    both = (
        parts["baseline"]
        .join(parts["policy"], on=["draw", "seed"], how="full", coalesce=True)
        .join(parts["aa"], on=["draw", "seed"], how="left")
    )
    happened = [(pl.col(f"severity_{arm}") >= plan.threshold).cast(pl.Int8).alias(f"y_{arm}") for arm in ARMS]
    both = both.with_columns(happened).sort("draw", "seed")
    columns = ["draw", "seed", *(f"{what}_{arm}" for what in ("y", "severity") for arm in ARMS)]
    return both.select(columns)


def _divergence(by_unit: Mapping[Unit, Run], run: Run) -> int | None:
    """First step in which a policy run parts from its twin."""
    twin = by_unit.get(run.unit._replace(arm="baseline"))
    if run.unit.arm != "policy" or twin is None or "failed" in (run.status, twin.status):
        return None
    return parted(twin, run)
