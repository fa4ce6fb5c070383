"""The policy's effect under a language model and under the mind distilled from it, on the same draws and seeds."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from windtunnel.analysis.causal.intervals import mean_difference
from windtunnel.analysis.causal.pairs import check_pairs, complete
from windtunnel.analysis.configuration import Plan
from windtunnel.analysis.models.fidelity import EFFECTS, scope_of
from windtunnel.analysis.tunnel import run_plan


def check_against_teacher(plan: Plan, path: Path, sha256: str) -> dict[str, Any]:
    """The policy's effect by the language model of `plan` and by the distilled file, on the same draws and seeds.

    The interval of the difference of the effects takes the draw as its unit (Student's t over draws). `ValueError`
    if no pair is complete under both minds.
    """
    pupil = replace(
        plan,
        experiment=replace(plan.experiment, mind={"name": "distilled", "file": str(path), "sha256": sha256}),
    )
    both = complete_pairs(plan).join(complete_pairs(pupil), on=["draw", "seed"], suffix="_pupil")
    if both.is_empty():
        raise ValueError(
            f"no pair is complete under both minds, so there is nothing to compare; {path.name} was written unchecked"
        )
    return scope_of(plan) | {"pairs": len(both)} | effects(both, plan.confidence)


def effects(both: pl.DataFrame, confidence: float) -> dict[str, Any]:
    """Each effect by the model and distilled, and the difference (distilled less model) with its interval.

    `both` has draw, y0, y1, severity0, severity1, and the last four with `_pupil` for the distilled mind.
    """
    draw, found = both["draw"].to_numpy(), {}
    for name, (without, with_) in EFFECTS.items():
        teacher = (both[with_] - both[without]).cast(pl.Float64).to_numpy()
        pupil = (both[f"{with_}_pupil"] - both[f"{without}_pupil"]).cast(pl.Float64).to_numpy()
        found[name] = {
            "llm": float(teacher.mean()),
            "distilled": float(pupil.mean()),
            "difference": mean_difference(pupil - teacher, draw, confidence)._asdict(),
        }
    return found


def complete_pairs(plan: Plan) -> pl.DataFrame:
    """The pairs of a whole run, under the names of `windtunnel.analysis.causal.pairs`; the mind's own noise is not measured here."""
    mind = {**plan.experiment.mind, "drift_sample": 0, "independent_aa": False}
    quiet = replace(plan.experiment, mind=mind)
    return complete(check_pairs(run_plan(replace(plan, experiment=quiet, dowhy=False)).pairs))
