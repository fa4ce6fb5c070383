"""The A/A run of a language model with a store of its own: what the model's drift alone makes of a community."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from windtunnel.analysis.configuration import Plan
from windtunnel.analysis.outcomes import RUN, Runs
from windtunnel.sim.experiment import Experiment
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import Run, first_divergence, run_block


def independent_aa(plan: Plan, experiment: Experiment, finished: Sequence[Run]) -> dict[str, Any]:
    """Runs every finished baseline once more, all questions asked anew into a temporary store.

    `pairs` runs were compared, `discordant` of them disagree on whether the outcome happened, `differ` in any
    act (a text drawn anew is no other act), `failed` have no answer. Nothing else differs between the two, so this is the model's own doing: the
    engine's A/A arm, which reads one store, must show none.
    """
    first = [run for run in finished if run.unit.arm == "baseline" and run.status == "ok"]
    with tempfile.TemporaryDirectory() as folder:
        llm = {**experiment.mind["llm"], "store": str(Path(folder) / "answers.sqlite")}
        other = replace(experiment, mind={**experiment.mind, "llm": llm, "drift_sample": 0})
        again: list[Run] = []
        for low in range(0, len(first), plan.worlds):
            units = [run.unit for run in first[low : low + plan.worlds]]
            again += run_block(other, units, make_mind).runs
    pairs = [(one, two) for one, two in zip(first, again, strict=True) if two.status == "ok"]
    before, after = (_happened(plan, list(runs)) for runs in zip(*pairs, strict=True)) if pairs else ({}, {})
    return {
        "pairs": len(pairs),
        "discordant": sum(before[unit] != after[unit] for unit in before),
        "differ": sum(_acts_differ(one, two) for one, two in pairs),
        "failed": len(first) - len(pairs),
    }


def _acts_differ(one: Run, two: Run) -> bool:
    return first_divergence(one.events.drop("text"), two.events.drop("text")) is not None


def _happened(plan: Plan, runs: list[Run]) -> dict[tuple, bool | None]:
    """Whether the outcome reached its threshold, by draw and seed."""
    table = pl.DataFrame(
        [run.unit._asdict() for run in runs], schema_overrides={"draw": pl.Int32, "seed": pl.Int32}
    )
    measured = plan.outcome.counted(
        Runs(
            table.select(RUN),
            pl.concat([run.events for run in runs]),
            pl.concat([run.members for run in runs]),
            plan.horizon,
            plan.experiment.steps,
            pl.concat([run.measures for run in runs]),
            float(plan.experiment.community["step_hours"]),
        )
    )
    return {
        (draw, seed): None if value is None else value >= plan.threshold
        for draw, seed, value in measured.select("draw", "seed", "value").rows()
    }
