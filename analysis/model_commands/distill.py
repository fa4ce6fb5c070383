"""Distils a language model into a logit: asks it about a designed set of situations, fits, checks, writes a file."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from windtunnel.agents.minds.base import Unanswered
from windtunnel.agents.minds.distilled import Distilled, Learned, write_distilled
from windtunnel.agents.situation import Scene
from windtunnel.analysis.configuration import Plan, compose
from windtunnel.analysis.model_commands.distill_check import check_against_teacher
from windtunnel.analysis.model_commands.logit import FOLDS, Fit, columns_of, fit_logit
from windtunnel.analysis.model_commands.situation_design import Design, design
from windtunnel.analysis.models.serving import serving
from windtunnel.sim.experiment import Experiment
from windtunnel.sim.minds import asks_a_model, check_one_phase, make_mind

SEED = 0
"""Of the folds on which the penalty is chosen."""
TOLD = (
    *("model", "weights_sha256", "server", "template", "parameters", "prompt", "prompt_sha256"),
    *("alpha", "beta", "permute", "letter_mass_min"),
)
"""What a file says of its teacher, by the names of a mind's record."""
Say = Callable[[str], None]


def distill(plan: Plan, path: Path, *, check: bool = True, say: Say = lambda line: None) -> Distilled:
    """Ask the plan's language model, fit, write `path`; then, with `check`, both minds' effects on the same seeds.

    The file is whole before the check runs and is written again with it, so that an interrupted check leaves a
    mind without one. `ValueError` for a mind that is no language model or asked by member, or if an answer is
    missing.
    """
    mind = plan.experiment.mind
    if not asks_a_model(mind) or mind["prompt"] != "archetype":
        raise ValueError(
            f"distilling asks a language model about kinds of situation, not mind={mind['name']} with "
            f"prompt={plan.prompt}: set mind=llm and prompt=archetype"
        )
    check_one_phase(plan.experiment.builder().scenes())
    made_for = designed(plan)
    say(f"{len(made_for.weight)} situations to ask about, weighted by a pilot run of the rules")
    with serving(plan.experiment, plan.llm, plan.probe) as experiment:
        taught, record = answers(experiment, made_for)
        fit = fit_design(made_for, taught)
        made = described(plan, made_for, fit, record)
        digest = write_distilled(made, path)
        for line in fit_words(fit):
            say(line)
        if check:
            say("running the model's own and the distilled mind on the same seeds")
            ready = replace(plan, experiment=experiment, llm=experiment.mind["llm"])
            made = made.model_copy(update={"check": check_against_teacher(ready, path, digest)})
            write_distilled(made, path)
    return made


def designed(plan: Plan) -> Design:
    """The situations that are asked about, weighted by a pilot run of the shipped rules."""
    return design(plan.experiment, compose(["mind=rules"])["mind"])


def answers(experiment: Experiment, made_for: Design) -> tuple[np.ndarray, dict[str, Any]]:
    """The teacher's probabilities (cells, actions), calibrated as configured, and its mind's record."""
    mind = make_mind(experiment)
    try:
        (rows,) = mind.decide([made_for.situations])
        if isinstance(rows, Unanswered):
            raise ValueError(f"the model left a question unanswered ({rows.stage}): {rows.reason}")
        return np.exp(rows), mind.record()
    finally:
        mind.close()


def fit_design(made_for: Design, taught: np.ndarray) -> Fit:
    """The logit of the taught probabilities over the features' values and one column for each persona."""
    situations = made_for.situations
    columns = columns_of(_told_features(made_for), situations.persona, _people(situations.scene))
    return fit_logit(columns, taught, situations.options, made_for.weight, seed=SEED)


def described(plan: Plan, made_for: Design, fit: Fit, record: dict[str, Any]) -> Distilled:
    """What the file says."""
    scene, weights = made_for.situations.scene, fit.logit.weights
    names = list(scene.actions.names)

    def row(values: np.ndarray) -> dict[str, float]:
        return dict(zip(names, map(float, values), strict=True))

    count = len(scene.features)
    base = fit.logit.base if scene.personas else fit.logit.base + weights[count]
    teacher = {key: record[key] for key in TOLD if record.get(key) is not None}
    if "weights_sha256" in teacher:
        teacher.pop("server", None)  # the weights say which model it was; a local port says nothing
    if calibration := plan.experiment.mind.get("calibration"):
        teacher["calibration"] = {key: calibration[key] for key in ("file", "sha256")}
    return Distilled(
        version=1,
        community=scene.community,
        profile=(plan.experiment.community.get("profile") or {}).get("name"),
        actions=names,
        base=row(base),
        personas={one.name: row(weights[count + place]) for place, one in enumerate(scene.personas)},
        features={
            feature.name: Learned(
                edges=list(map(float, feature.edges)),
                values=made_for.values[place].tolist(),
                weights=row(weights[place]),
            )
            for place, feature in enumerate(scene.features)
        },
        teacher=teacher,
        fit=_fit_record(fit, len(made_for.weight)),
    )


def fit_words(fit: Fit) -> list[str]:
    """How well the teacher was learnt, in words."""
    chosen = "the base rates alone, which did best" if fit.penalty is None else f"penalty {fit.penalty:g}"
    points = ", ".join(f"{predicted:.3f}/{taught:.3f}" for predicted, taught, _ in fit.curve)
    return [
        f"held-out cross-entropy {fit.held_out:.4f} nats a question with {chosen}; base rates alone "
        f"{fit.base_rates:.4f}; the teacher's own entropy, the floor, {fit.entropy:.4f}",
        f"calibration, predicted/taught by tenths: {points}",
    ]


def check_words(check: dict[str, Any]) -> list[str]:
    """The difference of the policy's effect between teacher and pupil, in words."""
    lines = []
    for key, what in (("rd", "risk difference"), ("mean_difference", "mean severity difference")):
        found, gap = check[key], check[key]["difference"]
        interval = (
            f" [{gap['low']:+.3f}, {gap['high']:+.3f}]"
            if gap["low"] is not None
            else ", no interval from one community draw"
        )
        lines.append(
            f"{what}: {found['llm']:+.3f} by the model, {found['distilled']:+.3f} distilled, "
            f"difference {gap['est']:+.3f}{interval} over {check['pairs']} pairs"
        )
    return lines


def _told_features(made_for: Design) -> np.ndarray:
    """The features with zeros where the teacher is told nothing: a single bin has one value, and teaches nothing."""
    bins = np.array([len(feature.words) > 1 for feature in made_for.situations.scene.features], bool)
    return made_for.situations.features * bins


def _people(scene: Scene) -> int:
    return max(1, len(scene.personas))


def _fit_record(fit: Fit, cells: int) -> dict[str, Any]:
    return {
        "cells": cells,
        "penalty": fit.penalty,
        "folds": FOLDS,
        "seed": SEED,
        "held_out_cross_entropy": fit.held_out,
        "base_rates_cross_entropy": fit.base_rates,
        "teacher_entropy": fit.entropy,
        "calibration": [list(point) for point in fit.curve],
        "tried": [list(one) for one in fit.tried],
    }
