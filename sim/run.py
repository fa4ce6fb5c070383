"""Runs: blocks of worlds in lock-step, so that one batch of questions a step serves all of them."""

import contextlib
import math
import os
import sys
import time
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl

from windtunnel.agents.minds.base import Mind
from windtunnel.agents.situation import Scene
from windtunnel.policies.base import Policy
from windtunnel.sim import noise
from windtunnel.sim.block import Block, Run
from windtunnel.sim.community import Builder
from windtunnel.sim.events import digest, links, measured
from windtunnel.sim.experiment import ARMS, Experiment, Unit
from windtunnel.sim.lock_step import lock_step as lock_step
from windtunnel.sim.minds import asks_a_model, make_mind
from windtunnel.sim.noise_key import NoiseKey, luck_of
from windtunnel.sim.pool import cluster_processors, connected, in_processes
from windtunnel.sim.run_cache import Kept
from windtunnel.sim.watch import Progress, watched
from windtunnel.sim.world import World


def blocks(units: Sequence[Unit], pairs_a_block: int, done: Collection[Unit] = ()) -> list[list[Unit]]:
    """The units in blocks of whole pairs, less what is done; a pair's A/A run sits in the next block, in reverse order.

    So the A/A arm also checks that neither the width of a block nor a row's place in it matters.
    """
    missing = set(units) - set(done)
    pairs = list(dict.fromkeys(unit[:2] for unit in units if unit in missing))
    parts = [pairs[low : low + pairs_a_block] for low in range(0, len(pairs), pairs_a_block)]
    made = [
        [Unit(draw, seed, arm) for draw, seed in part for arm in ARMS[:2]]
        + [Unit(draw, seed, "aa") for draw, seed in reversed(parts[number - 1])]
        for number, part in enumerate(parts)
    ]
    left = [[unit for unit in part if unit in missing] for part in made]
    return [part for part in left if part]


def width(pairs: int, pairs_a_block: int, jobs: int) -> int:
    """Pairs a block, `pairs_a_block` at the most, so that every process gets as many blocks of the same width.

    >>> width(100, 16, 2), width(10, 16, 2), width(100, 16, 1)
    (13, 5, 16)
    """
    if jobs == 1:
        return pairs_a_block
    rounds = math.ceil(pairs / (pairs_a_block * jobs))
    return max(1, math.ceil(pairs / max(1, rounds * jobs)))


def make_world(
    experiment: Experiment,
    unit: Unit,
    scenes: tuple[Scene, ...] | None = None,
    *,
    luck: NoiseKey | None = None,
    policies: Sequence[Policy] | None = None,
    builder: Builder | None = None,
) -> World:
    """The world of one unit, before its first step; with `luck` or `policies` of its own where they are given.

    Worlds of one experiment may share its `builder`, which reads the settings once for all of them.
    """
    builder = builder or experiment.builder()
    scenes = scenes or builder.scenes(experiment.raised())
    luck = luck or luck_of(experiment.root, unit.draw, unit.seed)
    place = builder.make(
        scenes,
        traits_key=traits_key(experiment, unit.draw),
        luck=luck,
        steps=experiment.steps,
    )
    return World(
        place,
        experiment.schedule(unit.arm) if policies is None else policies,
        luck=luck,
        draw=unit.draw,
        seed=unit.seed,
        arm=unit.arm,
        step_hours=float(experiment.community["step_hours"]),
    )


def traits_key(experiment: Experiment, draw: int) -> int:
    """The key that draws who the members of this draw are."""
    return noise.key("traits", experiment.root, draw)


def run_worlds(
    worlds: Sequence[World],
    units: Sequence[Unit],
    mind: Mind,
    steps: int,
    progress: Progress | None = None,
    *,
    fingerprints: bool = True,
) -> list[Run]:
    """Step these worlds together to the end; `units` are what their tables call them.

    Without `fingerprints` the runs' `events_sha256` stay empty, which saves writing all events as text.
    """
    failed = lock_step(worlds, mind, steps, progress)
    return [
        _finish(world, unit, failed.get(place), fingerprints)
        for place, (world, unit) in enumerate(zip(worlds, units, strict=True))
    ]


def run_block(
    experiment: Experiment,
    units: Sequence[Unit],
    make_mind: Callable[[Experiment], Mind],
    progress: Progress | None = None,
) -> Block:
    """Run these units in lock-step with a mind of their own."""
    began = time.process_time()
    builder = experiment.builder()
    scenes = builder.scenes(experiment.raised())
    if (expect := getattr(builder, "expect", None)) is not None:
        expect([traits_key(experiment, draw) for draw in dict.fromkeys(unit.draw for unit in units)])
    worlds = [make_world(experiment, unit, scenes, builder=builder) for unit in units]
    mind = make_mind(experiment)
    try:
        with watched(mind, progress):
            runs = run_worlds(worlds, units, mind, experiment.steps, progress)
        record = mind.record()
        first = Unit(0, 0, "baseline") in units  # which cells of a sweep share, with what was measured there
        if first and experiment.mind.get("drift_sample"):
            record["noise_floor"] = mind.drift(experiment.mind["drift_sample"])
        return Block(runs, record, time.process_time() - began, process=os.getpid())
    finally:
        mind.close()


def run(
    experiment: Experiment,
    make_mind: Callable[[Experiment], Mind] = make_mind,
    units: Sequence[Unit] | None = None,
    *,
    kept: Kept | None = None,
    jobs: int = 1,
    backend: str = "loky",
    pairs_a_block: int = 16,
    progress: Progress | None = None,
) -> Iterator[Block]:
    """Blocks of these runs (default: all) as they finish, in any order; the kept ones come first, new ones are kept.

    Results do not depend on `jobs`, `backend`, `pairs_a_block` or on what was kept. With `ray`, 0 jobs are as many as
    the cluster has processors.
    """
    jobs = jobs or cluster_processors()
    wanted = experiment.units() if units is None else list(units)
    done: set[Unit] = set()
    for block in kept.take(experiment, wanted) if kept is not None else ():
        done |= {run.unit for run in block.runs}
        if progress:
            progress("kept", len(block.runs) * experiment.steps)
            progress("worlds", len(block.runs))
        yield block
    pairs = len({unit[:2] for unit in wanted if unit not in done})
    work = blocks(wanted, width(pairs, pairs_a_block, jobs), done)
    with contextlib.closing(_simulated(experiment, make_mind, work, jobs, backend, progress)) as simulated:
        for block in simulated:
            if progress:
                progress("worlds", len(block.runs))
            yield kept.keep(experiment, block) if kept is not None else block


def _simulated(
    experiment: Experiment,
    make_mind: Callable[[Experiment], Mind],
    work: Sequence[Sequence[Unit]],
    jobs: int,
    backend: str,
    progress: Progress | None,
) -> Generator[Block, None, None]:
    if jobs == 1 or (len(work) <= 1 and backend == "loky"):
        for units in work:
            yield run_block(experiment, units, make_mind, progress)
        return
    with _store_for_all(experiment, backend) as reachable:
        one_block = partial(_one_block, reachable, make_mind)
        for block in in_processes(one_block, work, jobs=jobs, backend=backend):
            if progress:
                progress("steps", len(block.runs) * experiment.steps)
                progress("questions", block.record.get("calls", 0))
                progress("hits", block.record.get("store_hits", 0))
            yield block


@contextlib.contextmanager
def _store_for_all(experiment: Experiment, backend: str) -> Iterator[Experiment]:
    """The experiment with a response store that every machine of a cluster can reach; one process then owns it."""
    llm = experiment.mind.get("llm") or {}
    if backend != "ray" or not asks_a_model(experiment.mind) or llm.get("store") == "none":
        yield experiment
        return
    from windtunnel.agents.llm.cache import default_store
    from windtunnel.agents.llm.store_owner import owning

    connected()
    path = Path(llm["store"]).expanduser() if llm.get("store") else default_store()
    with owning(path) as address:
        yield replace(experiment, mind={**experiment.mind, "llm": {**llm, "store": address}})


def _one_block(
    experiment: Experiment, make_mind: Callable[[Experiment], Mind], units: Sequence[Unit]
) -> Block:
    return run_block(experiment, units, make_mind)


def parted(one: Run, two: Run) -> int | None:
    """First step at which two runs differ in their events or in what was counted at each step; None if they are alike.

    Where members alone differ, in what is summed up of them, it is the last step.
    """
    tables = [(one.events, two.events), (one.measures, two.measures)]
    found = [step for pair in tables if (step := first_divergence(*pair)) is not None]
    if found:
        return min(found)
    if one.members.drop("arm").equals(two.members.drop("arm")):
        return None
    ends = [table["step"].max() for pair in tables for table in pair if len(table)]
    return max((int(step) for step in ends), default=0)  # type: ignore[arg-type]


def first_divergence(baseline: pl.DataFrame, policy: pl.DataFrame) -> int | None:
    """First step in which two event logs differ in anything but the arm; None if they never do."""
    one, two = (np.asarray(log.drop("arm").hash_rows(seed=0)) for log in (baseline, policy))
    short = min(len(one), len(two))
    apart = np.flatnonzero(one[:short] != two[:short])
    if len(apart):
        place = int(apart[0])
        return int(min(baseline["step"][place], policy["step"][place]))
    if len(one) == len(two):
        return None
    longer = baseline if len(one) > len(two) else policy
    return int(longer["step"][short])


def _finish(world: World, unit: Unit, failure: tuple[str, str] | None, fingerprint: bool = True) -> Run:
    events = world.log.frame(*unit)
    personas = tuple(persona.name for persona in world.community.scene.personas)
    members = world.community.members.frame(*unit, personas, world.now)
    stage, reason = failure or (None, None)
    return Run(
        unit,
        "failed" if failure else "ok",
        stage,
        reason,
        world.decisions,
        events,
        members,
        links(unit, *world.community.links()),
        digest(events) if fingerprint else "",
        measured(unit, world.measured),
    )


@lru_cache(maxsize=1)
def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Callable(ModuleType):
    """This module as its own `run`, so that `from windtunnel.sim import run` gives something to call."""

    def __call__(self, *given: Any, **named: Any) -> Iterator[Block]:
        """See `run`."""
        return run(*given, **named)


sys.modules[__name__].__class__ = _Callable
