"""The whole path of one experiment: run the twins, measure, pair, estimate, write."""

import hashlib
import json
import os
import platform
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import polars as pl

from windtunnel.analysis import frames
from windtunnel.analysis.causal.controls import negative_controls
from windtunnel.analysis.causal.estimates import estimate_pairs
from windtunnel.analysis.configuration import Plan
from windtunnel.analysis.declared_effects import declared_effects
from windtunnel.analysis.field_experiments import sentence
from windtunnel.analysis.folder import COUNTED, TABLES, Folder
from windtunnel.analysis.models.asking import cost_of
from windtunnel.analysis.models.distill_claim import claim_check, teacher_assumption
from windtunnel.analysis.models.independent import independent_aa
from windtunnel.analysis.models.serving import ADDED, merged, serving
from windtunnel.analysis.outcomes import RUN, Runs, direction, measure_all
from windtunnel.analysis.runs import stopping
from windtunnel.analysis.runs.resume import runs_of
from windtunnel.analysis.runs.run_card import recorded
from windtunnel.analysis.tones.of_words import with_agreement
from windtunnel.sim.block import Block, Run
from windtunnel.sim.events import SCHEMA
from windtunnel.sim.experiment import ARMS, Experiment, Unit
from windtunnel.sim.minds import asks_a_model, make_mind
from windtunnel.sim.run import parted, run
from windtunnel.sim.run_cache import Kept
from windtunnel.sim.version import code_sha256, installed
from windtunnel.sim.watch import Progress

VERSIONED = ("policy-windtunnel", "mesa", "numpy", "polars", "networkx", "openai", "dowhy", "scipy")
COUPLING = "gumbel-max"
REPEATS = "A/A"
"""Stage of a run that failed because the baseline, run again, was another."""
ORIGINS = ("run", "kept", "shared")
"""Where a manifest's runs come from: this command, an earlier one in this folder, another cell of the sweep."""


class Result(NamedTuple):
    """What a run gives: its tables and the contents of its two JSON files."""

    runs: pl.DataFrame
    events: pl.DataFrame
    members: pl.DataFrame
    links: pl.DataFrame
    measures: pl.DataFrame
    pairs: pl.DataFrame
    estimates: dict[str, Any] | None
    manifest: dict[str, Any]

    @property
    def failed(self) -> int:
        return int((self.runs["status"] == "failed").sum())

    def to_pandas(self, name: str = "pairs") -> Any:
        """One table, `pairs` unless named, as a pandas frame."""
        return frames.to_pandas(self._table(name))

    def to_arrow(self, name: str = "pairs") -> Any:
        """One table, `pairs` unless named, as an Arrow table; needs pyarrow."""
        return frames.to_arrow(self._table(name))

    def plot(self) -> Any:
        """An Altair chart: the rates in both arms, PN, PS, PNS and backfire, with their intervals."""
        from windtunnel.analysis.library.shown import shares_plot

        return shares_plot(self.estimates)

    def _repr_html_(self) -> str:
        from windtunnel.analysis.library.shown import sentences_html
        from windtunnel.analysis.summary import short_answer

        return sentences_html(short_answer(self.estimates, self.manifest, self.runs))

    def _table(self, name: str) -> pl.DataFrame:
        if name not in (*TABLES, COUNTED):
            raise ValueError(f"a run has no table {name!r}: choose from {', '.join((*TABLES, COUNTED))}")
        table: pl.DataFrame = getattr(self, name)
        return table


def run_plan(plan: Plan, progress: Progress | None = None, kept: Kept | None = None) -> Result:
    """Run both arms and the A/A arm of every draw and seed, and say what they mean.

    Writes nothing but finished runs, where there is a place to keep them; those that are there are not run again.
    """
    began, cpu_began = time.perf_counter(), time.process_time()
    blocks: list[Block] = []
    looks: list[dict[str, Any]] = []
    seen: list[pl.DataFrame] = []
    with serving(plan.experiment, plan.llm) as experiment:
        for units in stopping.parts(experiment, plan.stop):
            before = len(blocks)
            blocks += run_blocks(plan, experiment, units, progress, kept)
            if plan.stop:
                seen.append(_outcomes(plan, blocks[before:]))
                looks.append(_look(plan, pl.concat(seen), units[-1].draw + 1))
                if looks[-1]["reached"]:
                    break
        stopped = stopping.record(plan.stop, looks, experiment, plan.confidence) if plan.stop else None
        if stopped:
            plan = replace(plan, experiment=replace(plan.experiment, draws=stopped["draws"]))
        llm = merged(block.record for block in sorted(blocks, key=lambda block: ORIGINS.index(block.origin)))
        llm |= _earlier(blocks)
        llm |= cost_of(llm, plan.llm)
        finished = sorted((run for block in blocks for run in block.runs), key=lambda run: run.unit)
        _check_repeats(finished)
        if kept is not None:
            kept.drop(experiment, _unrepeated(finished))
        if experiment.mind.get("independent_aa"):
            llm["independent_aa"] = independent_aa(plan, experiment, finished)
    if asks_a_model(experiment.mind):
        llm["calibration"] = experiment.mind.get("calibration")
    result = analysed(plan, finished, llm, stopped)
    by_workers = sum(block.cpu_s for block in blocks if block.process != os.getpid())
    how = {
        "units": {name: sum(len(block.runs) for block in blocks if block.origin == name) for name in ORIGINS},
        "wall_s": round(time.perf_counter() - began, 3),
        "cpu_s": round(time.process_time() - cpu_began + by_workers, 3),
    }
    return result._replace(manifest=result.manifest | how)


def run_blocks(
    plan: Plan, experiment: Experiment, units: Sequence[Unit], progress: Progress | None, kept: Kept | None
) -> Iterator[Block]:
    """The blocks of these runs as they finish, lived as the plan says; finished worlds are told to `progress`."""
    for block in run(
        experiment,
        make_mind,
        units,
        kept=kept,
        jobs=plan.jobs,
        backend=plan.backend,
        pairs_a_block=plan.worlds,
        progress=progress,
    ):
        if progress:
            progress("worlds", len(block.runs))
        yield block


def _fidelity(plan: Plan) -> dict[str, Any] | None:
    """How far members are like those of a record, and of a forum what came of field experiments elsewhere and what is declared."""
    forum = plan.experiment.community["name"] == "forum"
    found = {
        **plan.described,
        "experiments": sentence() if forum else "",
        "declared": declared_effects(plan.experiment, plan.resolved["mind"]) if forum else [],
    }
    return {name: said for name, said in found.items() if said} or None


def analysed(
    plan: Plan, finished: list[Run], llm: Mapping[str, Any], stopped: dict[str, Any] | None = None
) -> Result:
    """What finished runs, in (draw, seed, arm) order, mean; the manifest tells neither time nor origin."""
    runs, events, members, measures = _tables(plan, finished)
    llm = with_agreement(llm, events)
    pairs, lost = pair(runs, plan)
    traits = list(plan.experiment.builder().declared.fixed)
    controls = negative_controls(members, events, _fork(plan), traits) | _repeats(finished)
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
            fidelity=_fidelity(plan),
            doubt=claim_check(plan, llm),
            stopping=stopped,
        )
        estimates["assumptions"] += teacher_assumption(llm)
        estimates["by_construction"] = plan.outcome.name in plan.experiment.forced()
    return Result(
        runs,
        events,
        members,
        pl.concat([run.links for run in finished]),
        measures,
        pairs,
        estimates,
        _manifest(plan, finished, llm) | {"stopping": stopped},
    )


def analysed_again(plan: Plan, folder: Folder) -> Result:
    """A finished folder's own runs under other settings of the estimates; what it says of their making stays."""
    before = folder.read_json(folder.manifest)
    if before.get("stopping"):
        plan = replace(plan, experiment=replace(plan.experiment, draws=before["stopping"]["draws"]))
    result = analysed(plan, runs_of(folder), before["llm"], before.get("stopping"))
    made = {key: before[key] for key in ("units", "wall_s", "cpu_s", "versions") if key in before}
    return result._replace(manifest=result.manifest | made)


def write_result(result: Result, folder: Folder) -> None:
    """Every file of the output folder but the report; the manifest last, and none of an earlier run is left."""
    for stale in (folder.manifest, folder.estimates, folder.report, folder.report_text):
        stale.unlink(missing_ok=True)
    for name in TABLES:
        folder.write_table(name, getattr(result, name))
    folder.write_counted(result.measures)
    if result.estimates is not None:
        folder.write_json(folder.estimates, result.estimates)
    folder.write_json(folder.manifest, result.manifest)


def write_again(result: Result, folder: Folder) -> None:
    """The manifest and the estimates of a finished folder whose tables are right.

    The old estimates go first and the new ones come last: a folder without them is known to need no more than that.
    """
    for stale in (folder.estimates, folder.report, folder.report_text):
        stale.unlink(missing_ok=True)
    folder.write_json(folder.manifest, result.manifest)
    if result.estimates is not None:
        folder.write_json(folder.estimates, result.estimates)


def _outcomes(plan: Plan, blocks: Iterable[Block]) -> pl.DataFrame:
    """The pairs of these blocks, which hold whole draws."""
    finished = sorted((run for block in blocks for run in block.runs), key=lambda run: run.unit)
    return pair(_tables(plan, finished)[0], plan)[0]


def _look(plan: Plan, pairs: pl.DataFrame, draws: int) -> dict[str, Any]:
    """What the stopping rule sees in the pairs of the first `draws` draws."""
    return stopping.look(
        plan.stop,  # type: ignore[arg-type]
        pairs,
        draws,
        direction=direction(plan.outcome),
        confidence=plan.confidence,
        seeds=plan.experiment.seeds,
    )


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


def _tables(plan: Plan, finished: list[Run]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
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
    measures = pl.concat([run.measures for run in finished])
    ok = runs.filter(pl.col("status") == "ok")
    measured = measure_all(
        Runs(
            ok,
            events.join(ok, on=RUN, how="semi"),
            members.join(ok, on=RUN, how="semi"),
            plan.horizon,
            plan.experiment.steps,
            measures.join(ok, on=RUN, how="semi"),
            float(plan.experiment.community["step_hours"]),
        ),
        str(plan.experiment.community["name"]),
    )
    return runs.join(measured, on=RUN, how="left", maintain_order="left"), events, members, measures


def _divergence(by_unit: Mapping[Unit, Run], run: Run) -> int | None:
    """First step in which a policy run parts from its twin."""
    twin = by_unit.get(run.unit._replace(arm="baseline"))
    if run.unit.arm != "policy" or twin is None or "failed" in (run.status, twin.status):
        return None
    return parted(twin, run)


def _check_repeats(finished: list[Run]) -> None:
    """Fail every A/A run that differs from its baseline: the engine, not the policy, made a difference."""
    by_unit = {run.unit: run for run in finished}
    for again in finished:
        first = by_unit[again.unit._replace(arm="baseline")]
        if again.unit.arm != "aa" or "failed" in (again.status, first.status):
            continue
        step = parted(first, again)
        if step is not None:
            again.status, again.stage = "failed", REPEATS
            again.reason = f"the baseline run twice differs from itself from step {step} on: the engine is not deterministic"


def _unrepeated(finished: Iterable[Run]) -> list[Unit]:
    """The runs of both baselines of every pair in which they differ: they must not be taken up again."""
    return [run.unit._replace(arm=arm) for run in finished if run.stage == REPEATS for arm in ARMS]


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


def _earlier(blocks: Iterable[Block]) -> dict[str, Any]:
    """`earlier`: what of a model's counts earlier commands asked, whose finished runs this one took up."""
    kept = merged(block.record for block in blocks if block.origin == "kept")
    return {"earlier": {name: kept[name] for name in ADDED if name in kept}} if "calls" in kept else {}


def _manifest(plan: Plan, finished: list[Run], llm: Mapping[str, Any]) -> dict[str, Any]:
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
        "described": dict(plan.described),
        "coupling": llm.get("coupling", COUPLING),
        "events_sha256": events_digest(finished),
        "runs": len(finished),
        "failed": sum(run.status == "failed" for run in finished),
        "decisions": sum(run.decisions for run in finished),
        "llm": dict(llm),
        "experiment": recorded(plan.experiment),
        "code_sha256": code_sha256(),
        "versions": {"python": platform.python_version(), **{name: installed(name) for name in VERSIONED}},
    }
