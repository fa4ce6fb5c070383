"""The A/A run of a language model with a store of its own: what the model's drift alone makes of a community."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from windtunnel.analysis.configuration import Plan
from windtunnel.analysis.runs.tables import tables
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
            units = [run.unit._replace(arm="aa") for run in first[low : low + plan.worlds]]
            again += run_block(other, units, make_mind).runs
    rows = tables(plan, [*first, *again]).runs.select("draw", "seed", "arm", plan.outcome.name).rows()
    happened = {tuple(unit): None if value is None else value >= plan.threshold for *unit, value in rows}
    pairs = [(one, two) for one, two in zip(first, again, strict=True) if two.status == "ok"]
    return {
        "pairs": len(pairs),
        "discordant": sum(happened[one.unit] != happened[two.unit] for one, two in pairs),
        "differ": sum(_acts_differ(one, two) for one, two in pairs),
        "failed": len(first) - len(pairs),
    }


def _acts_differ(one: Run, two: Run) -> bool:
    return first_divergence(one.events.drop("text"), two.events.drop("text")) is not None
