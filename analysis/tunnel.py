"""The whole path of one experiment: run the twins, measure, pair, estimate, write."""

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import polars as pl

from windtunnel.analysis import frames
from windtunnel.analysis.causal.controls import negative_controls, repeat_control
from windtunnel.analysis.causal.estimates import estimate_pairs
from windtunnel.analysis.configuration import Plan
from windtunnel.analysis.folder import COUNTED, TABLES, Folder
from windtunnel.analysis.models.account import ORIGINS, account
from windtunnel.analysis.models.fidelity import claim_check, fidelity_of, teacher_assumption
from windtunnel.analysis.models.independent import independent_aa
from windtunnel.analysis.models.serving import serving
from windtunnel.analysis.outcomes import direction
from windtunnel.analysis.runs import repeats, stopping
from windtunnel.analysis.runs.resume import runs_of
from windtunnel.analysis.runs.run_card import COUPLING, run_card
from windtunnel.analysis.runs.tables import Tables, tables
from windtunnel.sim.block import Block, in_order
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import run
from windtunnel.sim.run_cache import Kept
from windtunnel.sim.watch import Progress


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
        """How many runs failed."""
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
    seen: list[pl.DataFrame] = []
    looks: list[dict[str, Any]] = []
    with serving(plan.experiment, plan.llm, plan.probe) as experiment:
        for units in stopping.parts(experiment, plan.stop):
            simulated = run(
                experiment,
                make_mind,
                units,
                kept=kept,
                jobs=plan.jobs,
                backend=plan.backend,
                pairs_a_block=plan.worlds,
                progress=progress,
            )
            blocks += (new := list(simulated))
            if plan.stop is None:
                continue
            seen.append(tables(plan, in_order(new)).pairs)
            looks.append(
                stopping.look(
                    plan.stop,
                    pl.concat(seen),
                    units[-1].draw + 1,
                    direction=direction(plan.outcome),
                    confidence=plan.confidence,
                    seeds=experiment.seeds,
                )
            )
            if looks[-1]["reached"]:
                break
        stopped = stopping.record(plan.stop, looks, experiment, plan.confidence) if plan.stop else None
        finished = in_order(blocks)
        odd = repeats.fail_unrepeated(finished)
        if odd and kept is not None:
            repeats.drop_unrepeated(kept, blocks, odd)
        llm = account(blocks, experiment.mind)
        if experiment.mind.get("independent_aa"):
            llm["independent_aa"] = independent_aa(plan, experiment, finished)
    if stopped:
        plan = replace(plan, experiment=replace(plan.experiment, draws=stopped["draws"]))
    made = tables(plan, finished)
    result = analysed(plan, made, llm, stopped)
    by_workers = sum(block.cpu_s for block in blocks if block.process != os.getpid())
    how = {
        "units": {name: sum(len(block.runs) for block in blocks if block.origin == name) for name in ORIGINS},
        "wall_s": round(time.perf_counter() - began, 3),
        "cpu_s": round(time.process_time() - cpu_began + by_workers, 3),
    }
    return result._replace(manifest=result.manifest | how)


def analysed(
    plan: Plan, made: Tables, llm: Mapping[str, Any], stopped: dict[str, Any] | None = None
) -> Result:
    """What finished runs mean; the manifest tells neither time nor origin."""
    traits = list(plan.experiment.builder().declared.fixed)
    controls = negative_controls(made.members, made.events, plan.experiment.fork(), traits)
    controls |= repeat_control(made.runs)
    estimates = None
    if len(made.pairs.drop_nulls(["y_baseline", "y_policy"])):
        estimates = estimate_pairs(
            made.pairs,
            outcome=plan.outcome.name,
            direction=direction(plan.outcome),
            coupling=llm.get("coupling", COUPLING),
            threshold=plan.threshold,
            lost=made.lost,
            dowhy=plan.dowhy,
            confidence=plan.confidence,
            controls=controls,
            llm=llm,
            fidelity=fidelity_of(plan, made.events),
            doubt=claim_check(plan, llm),
            stopping=stopped,
        )
        estimates["assumptions"] += teacher_assumption(llm)
        estimates["by_construction"] = plan.outcome.name in plan.experiment.forced()
    return Result(*made[:-1], estimates, run_card(plan, made.runs, llm) | {"stopping": stopped})


def analysed_again(plan: Plan, folder: Folder) -> Result:
    """A finished folder's own runs under other settings of the estimates; what it says of their making stays."""
    before = folder.read_json(folder.manifest)
    if before.get("stopping"):
        plan = replace(plan, experiment=replace(plan.experiment, draws=before["stopping"]["draws"]))
    result = analysed(plan, tables(plan, runs_of(folder)), before["llm"], before.get("stopping"))
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
