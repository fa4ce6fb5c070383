"""A pair lived again up to one step, to see what a member was told there, what it found likely and what it drew, in both twins."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.models.serving import serving
from windtunnel.analysis.runs.plan_from_manifest import plan_again
from windtunnel.analysis.view.twins import ARMS
from windtunnel.sim.experiment import Unit
from windtunnel.sim.lock_step import LockStep
from windtunnel.sim.minds import make_mind
from windtunnel.sim.noise_key import luck_of
from windtunnel.sim.run import make_world
from windtunnel.sim.world import World

KEPT = 32
AT_ONCE = 20_000
"""Member-steps of one world that are lived again while somebody waits; more is a job."""


class Decision(NamedTuple):
    """One decision of a member: its phase, the lines that it was told, options with their probabilities, and the one drawn."""

    phase: str
    told: tuple[str, ...]
    options: tuple[tuple[str, float, bool], ...]


class Relived(NamedTuple):
    """The member's decisions at the step in each twin; `same` says whether all acts up to then came out as recorded."""

    decisions: dict[str, tuple[Decision, ...]]
    same: bool


def relive(folder: Path, draw: int, seed: int, step: int, member: int) -> Relived:
    """Both twins of a pair, lived again up to and with `step`; `ValueError` where the run cannot be lived again."""
    return _kept(str(folder), Folder(folder).manifest.stat().st_mtime_ns, draw, seed, step, member)


def is_short(config: dict[str, Any], step: int) -> bool:
    """Whether this takes a moment: few members, few steps, and no language model."""
    size = config["community"].get("size") or AT_ONCE
    return config["mind"]["name"] == "rules" and (step + 1) * size <= AT_ONCE


@lru_cache(maxsize=KEPT)
def _kept(path: str, changed: int, draw: int, seed: int, step: int, member: int) -> Relived:
    return lived_again(Path(path), draw, seed, step, member)


def lived_again(
    folder: Path, draw: int, seed: int, step: int, member: int, note: Callable[[int], None] | None = None
) -> Relived:
    """The same, done anew; `note(1)` is called after each of `step` + 1 steps."""
    where = Folder(folder)
    plan = plan_again(where.read_json(where.manifest))
    with serving(plan.experiment, plan.llm, plan.probe) as experiment:
        mind = make_mind(experiment)
        try:
            worlds = [
                make_world(
                    experiment,
                    Unit(draw, seed, arm),
                    luck=luck_of(experiment.root, draw, seed),
                    policies=experiment.schedule(arm),
                )
                for arm in ARMS
            ]
            block = LockStep(worlds, mind)
            for _ in range(step):
                block.step()
                if note:
                    note(1)
            decisions = _decided(block, member)
        finally:
            mind.close()
    if block.failed:
        stage, reason = next(iter(block.failed.values()))
        raise ValueError(f"this pair cannot be lived again: {stage}: {reason}")
    recorded = where.read_table("events").filter(
        pl.col("draw") == draw, pl.col("seed") == seed, pl.col("step") <= step
    )
    same = all(
        _alike(world, recorded.filter(pl.col("arm") == arm)) for world, arm in zip(worlds, ARMS, strict=True)
    )
    return Relived(decisions, same)


def content(found: Relived) -> dict[str, Any]:
    """What was found, as JSON has it."""
    told = {arm: [one._asdict() for one in some] for arm, some in found.decisions.items()}
    return {"same": found.same, "decisions": told}


def of_content(told: dict[str, Any]) -> Relived:
    """The same read again."""
    return Relived(
        {
            arm: tuple(
                Decision(
                    one["phase"],
                    tuple(one["told"]),
                    tuple((str(n), float(s), bool(d)) for n, s, d in one["options"]),
                )
                for one in some
            )
            for arm, some in told["decisions"].items()
        },
        bool(told["same"]),
    )


def _decided(block: LockStep, member: int) -> dict[str, tuple[Decision, ...]]:
    """Live one more step, and note what the member decides in each of its phases."""
    found: dict[str, list[Decision]] = {arm: [] for arm in ARMS}
    block.begin()
    for _ in range(block.worlds[0].phases):
        asked = block.ask()
        answers = block.decide(asked)
        for place, situations in asked.items():
            answer, world = answers[place], block.worlds[place]
            if not isinstance(answer, np.ndarray):
                continue
            drawn = world._choose(answer)
            for row in np.flatnonzero(situations.member == member):
                free = situations.options[row]
                odds = np.exp(answer[row] - np.logaddexp.reduce(answer[row]))
                options = tuple(
                    (name.replace("_", " "), float(share), int(drawn[row]) == column)
                    for column, (name, share) in enumerate(zip(world._view.action_names, odds, strict=True))
                    if free[column]
                )
                lines = tuple(
                    line.text.removeprefix("- ") for line in situations.describe(int(row)) if line.text
                )
                found[ARMS[place]].append(Decision(world.phase, lines, options))
        block.apply(answers)
        block.speak()
    block.now += 1
    return {arm: tuple(some) for arm, some in found.items()}


def _alike(world: World, recorded: pl.DataFrame) -> bool:
    """Whether a world's events are those that were recorded, words apart."""
    keys = ["step", "ordinal", "member", "kind", "target", "place", "tone", "amount", "status"]
    lived = world.log.frame(world.draw, world.seed, world.arm).select(keys)
    return lived.equals(recorded.sort("step", "ordinal").select(keys))
