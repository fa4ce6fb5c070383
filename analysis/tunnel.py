"""The whole path of one experiment: run the twins, measure, pair, estimate, write."""

import hashlib
import json
import platform
import time
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple

import polars as pl

from analysis.configuration import Plan
from analysis.controls import negative_controls
from analysis.estimates import estimate_pairs
from analysis.folder import TABLES, Folder
from analysis.models.asking import cost_of
from analysis.models.distill_claim import doubt_of, stands_for_teacher
from analysis.models.independent import independent_aa
from analysis.models.serving import merged, serving
from analysis.outcomes import RUN, Runs, direction, measure_all
from sim.events import SCHEMA
from sim.experiment import Unit
from sim.minds import make_mind
from sim.run import Block, Run, first_divergence, run
from sim.watch import Progress

VERSIONED = ("policy-windtunnel", "mesa", "numpy", "polars", "networkx", "openai", "dowhy", "scipy")
COUPLING = "gumbel-max"
REPEATS = "A/A"
"""Stage of a run that failed because the baseline, run again, was another."""


class Result(NamedTuple):
    """What a run gives: its tables and the contents of its two JSON files."""

    runs: pl.DataFrame
    events: pl.DataFrame
    members: pl.DataFrame
    links: pl.DataFrame
    pairs: pl.DataFrame
    estimates: dict[str, Any] | None
    manifest: dict[str, Any]

    @property
    def failed(self) -> int:
        return int((self.runs["status"] == "failed").sum())


def run_plan(plan: Plan, progress: Progress | None = None) -> Result:
    """Run both arms and the A/A arm of every draw and seed, and say what they mean. Writes nothing."""
    began, cpu_began = time.perf_counter(), time.process_time()
    blocks: list[Block] = []
    with serving(plan.experiment, plan.llm) as experiment:
        for block in run(
            experiment,
            make_mind,
            jobs=plan.jobs,
            backend=plan.backend,
            pairs_a_block=plan.worlds,
            progress=progress,
        ):
            blocks.append(block)
            if progress:
                progress("worlds", len(block.runs))
        llm = merged(block.record for block in blocks)
        llm |= cost_of(llm, plan.llm)
        finished = sorted((run for block in blocks for run in block.runs), key=lambda run: run.unit)
        if experiment.mind.get("independent_aa"):
            llm["independent_aa"] = independent_aa(plan, experiment, finished)
    if experiment.mind["name"] == "llm":
        llm["calibration"] = experiment.mind.get("calibration")
    _check_repeats(finished)
    runs, events, members = _tables(plan, finished)
    pairs, lost = pair(runs, plan)
    controls = negative_controls(members, events, _fork(plan)) | _repeats(finished)
    estimates = None
    if len(pairs.drop_nulls(["y_baseline", "y_policy"])):
        estimates = estimate_pairs(
            pairs,
            outcome=plan.outcome.name,
            direction=direction(plan.outcome),
            coupling=llm.get("coupling", COUPLING),
            threshold=plan.threshold,
            lost=lost,
            dowhy=plan.dowhy,
            confidence=plan.confidence,
            controls=controls,
            llm=llm,
            doubt=doubt_of(plan, llm),
        )
        estimates["assumptions"] += stands_for_teacher(llm)
        estimates["by_construction"] = plan.outcome.name in plan.experiment.forced()
    cpu = (time.process_time() - cpu_began) + (0 if plan.jobs == 1 else sum(block.cpu_s for block in blocks))
    return Result(
        runs,
        events,
        members,
        pl.concat([run.links for run in finished]),
        pairs,
        estimates,
        _manifest(plan, finished, llm, time.perf_counter() - began, cpu),
    )


def write_result(result: Result, folder: Folder) -> None:
    """Every file of the output folder but the report; the manifest last, and none of an earlier run is left."""
    for stale in (folder.manifest, folder.estimates, folder.report, folder.report_text):
        stale.unlink(missing_ok=True)
    for name in TABLES:
        folder.write_table(name, getattr(result, name))
    if result.estimates is not None:
        folder.write_json(folder.estimates, result.estimates)
    folder.write_json(folder.manifest, result.manifest)


def pair(runs: pl.DataFrame, plan: Plan) -> tuple[pl.DataFrame, int]:
    """Twins side by side, with y = 1 where severity reaches the threshold; and how many pairs have no row.

    A pair that lost one half keeps the other: what is known of it narrows the worst case.
    """
    ok = runs.filter((pl.col("status") == "ok") & pl.col(plan.outcome.name).is_not_null())
    wide = ok.select("draw", "seed", "arm", severity=plan.outcome.name)
    parts = {
        arm: wide.filter(pl.col("arm") == arm).select(
            "draw", "seed", pl.col("severity").alias(f"severity_{arm}")
        )
        for arm in ("baseline", "policy", "aa")
    }
    both = (
        parts["baseline"]
        .join(parts["policy"], on=["draw", "seed"], how="full", coalesce=True)
        .join(parts["aa"], on=["draw", "seed"], how="left")
    )
    happened = [
        (pl.col(f"severity_{arm}") >= plan.threshold).cast(pl.Int8).alias(f"y_{arm}")
        for arm in ("baseline", "policy", "aa")
    ]
    both = both.with_columns(happened).sort("draw", "seed")
    columns = [
        "draw",
        "seed",
        *(f"{what}_{arm}" for what in ("y", "severity") for arm in ("baseline", "policy", "aa")),
    ]
    return both.select(columns), plan.experiment.draws * plan.experiment.seeds - len(both)


def _tables(plan: Plan, finished: list[Run]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
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
    kinds = {
        "draw": pl.Int32,
        "seed": pl.Int32,
        "stage": pl.String,
        "reason": pl.String,
        "first_divergence": pl.Int32,
    }
    runs = pl.DataFrame(rows, schema_overrides=kinds)
    events = pl.concat([run.events for run in finished]) if finished else pl.DataFrame(schema=SCHEMA)
    members = pl.concat([run.members for run in finished])
    ok = runs.filter(pl.col("status") == "ok")
    measured = measure_all(
        Runs(
            ok,
            events.join(ok, on=RUN, how="semi"),
            members.join(ok, on=RUN, how="semi"),
            plan.horizon,
            plan.experiment.steps,
        )
    )
    return runs.join(measured, on=RUN, how="left", maintain_order="left"), events, members


def _divergence(by_unit: Mapping[Unit, Run], run: Run) -> int | None:
    """First step in which a policy run's events part from its twin's."""
    twin = by_unit.get(run.unit._replace(arm="baseline"))
    if run.unit.arm != "policy" or twin is None or "failed" in (run.status, twin.status):
        return None
    return first_divergence(twin.events, run.events)


def _check_repeats(finished: list[Run]) -> None:
    """Fail every A/A run that differs from its baseline: the engine, not the policy, made a difference."""
    by_unit = {run.unit: run for run in finished}
    for again in finished:
        first = by_unit[again.unit._replace(arm="baseline")]
        if again.unit.arm != "aa" or "failed" in (again.status, first.status):
            continue
        step = first_divergence(first.events, again.events)
        if step is not None:
            again.status, again.stage = "failed", REPEATS
            again.reason = f"the baseline run twice differs from itself from step {step} on: the engine is not deterministic"


def _repeats(finished: list[Run]) -> dict[str, Any]:
    """What the negative controls must say when an engine does not repeat itself: nothing can then be claimed."""
    odd = [run for run in finished if run.stage == REPEATS]
    return {"passed": False, "reason": odd[0].reason} if odd else {}


def _fork(plan: Plan) -> int:
    """The first step at which the arms may differ; the last one where no policy tells them apart."""
    policies = plan.experiment.schedule("policy")[len(plan.experiment.baseline) :]
    return min((policy.start for policy in policies), default=plan.experiment.steps)


def events_digest(finished: Iterable[Run]) -> str:
    """SHA-256 of the runs' own hashes in (draw, seed, arm) order."""
    return hashlib.sha256("".join(run.events_sha256 for run in finished).encode()).hexdigest()


def _manifest(
    plan: Plan, finished: list[Run], llm: Mapping[str, Any], wall: float, cpu: float
) -> dict[str, Any]:
    config = dict(plan.resolved)
    declared = json.dumps(
        {key: config[key] for key in ("outcome", "threshold", "policy", "baseline", "steps")}
        | {"polarity": plan.outcome.polarity},
        sort_keys=True,
        default=str,
    )
    return {
        "config": config,
        "declared_sha256": hashlib.sha256(declared.encode()).hexdigest(),
        "outcome": {
            "name": plan.outcome.name,
            "polarity": plan.outcome.polarity,
            "threshold": plan.threshold,
            "horizon": plan.horizon,
            "unit": plan.outcome.unit,
        },
        "coupling": llm.get("coupling", COUPLING),
        "events_sha256": events_digest(finished),
        "runs": len(finished),
        "failed": sum(run.status == "failed" for run in finished),
        "decisions": sum(run.decisions for run in finished),
        "llm": dict(llm),
        "wall_s": round(wall, 3),
        "cpu_s": round(cpu, 3),
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in VERSIONED}},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
