"""How fast the engine decides: the whole forum under the rules mind, on one core, beside Mesa's own bare loop.

    python bench/engine.py --members 100000 --steps 24
    python bench/engine.py --members 1000000 --steps 24 --active 0.1

The last line is one JSON document. A decision is one active member's drawn choice among at least two
options. Events are written to parquet in a temporary folder and hashed; that time counts.
`seconds` is the best of `--repeats` runs, from the first step to the hash; `build_s` is the world's making.
Mesa's bare loop is an agent that adds one, activated in random order as most models do
(`agents.shuffle_do`, `mesa_steps_per_s`); `mesa_in_order_steps_per_s` is its cheaper `agents.do`.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = os.environ["POLARS_MAX_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parents[1]))

import mesa
import numpy as np
import yaml

from windtunnel.agents.minds.base import Mind
from windtunnel.sim import noise
from windtunnel.sim.events import digest
from windtunnel.sim.experiment import Experiment, PolicySpec, Unit
from windtunnel.sim.members import NEVER
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import lock_step, make_world
from windtunnel.sim.world import World

ROOT = Path(__file__).parents[1]

ALWAYS = 60.0
"""Active steps an hour at which 1 - exp(-rate) is 1 in a float: everybody acts in every step."""


class Counter(mesa.Agent):
    """Mesa's bare agent: it adds one."""

    def __init__(self, model: mesa.Model) -> None:
        super().__init__(model)
        self.count = 0

    def step(self) -> None:
        self.count += 1


def mesa_pace(activation: str, agents: int, steps: int = 5) -> float:
    """Agent-steps a second of Mesa alone, over bare agents activated by `do` or `shuffle_do`."""
    model = mesa.Model(rng=0)
    Counter.create_agents(model, agents)
    activate_all = getattr(model.agents, activation)
    began = time.perf_counter()
    for _ in range(steps):
        activate_all("step")
    return agents * steps / (time.perf_counter() - began)


def uniforms_per_s(count: int = 1_000_000) -> float:
    """Addressed uniforms a second, best of five."""
    ids, times = np.arange(count), []
    for step in range(5):
        began = time.perf_counter()
        noise.uniform(7, "bench", step, ids)
        times.append(time.perf_counter() - began)
    return count / min(times)


def make_experiment(members: int, steps: int, policies: list[str]) -> Experiment:
    """The forum of conf/ as it stands, with that many members."""
    conf = ROOT / "conf"
    community = yaml.safe_load((conf / "community/forum.yaml").read_text(encoding="utf-8"))
    profile = conf / "profile" / f"{community['profile']}.yaml"
    community |= {"size": members, "profile": yaml.safe_load(profile.read_text(encoding="utf-8"))}
    mind = yaml.safe_load((conf / "mind/rules.yaml").read_text(encoding="utf-8"))
    return Experiment(community, (), [PolicySpec(name, {}, name) for name in policies], mind, steps=steps)


def activate(world: World, share: float) -> None:
    """Give every member one rate, at which `share` of them are active in a step, by day and by night.

    Nobody drifts away; members may still choose to leave.
    """
    members, forum = world.community.members, world.community
    members.rate[:] = ALWAYS if share >= 1 else -np.log1p(-share) / world.step_hours
    members.left[:] = members.departs[:] = NEVER
    forum.profile = forum.profile.model_copy(update={"rhythm": [1.0] * 24})


def timed_run(experiment: Experiment, share: float) -> dict[str, Any]:
    """One run from an empty place to hashed events on disk."""
    began = time.perf_counter()
    world = make_world(experiment, Unit(0, 0, "policy"))
    mind: Mind = make_mind(experiment)
    activate(world, share)
    ready = time.perf_counter()
    failed = lock_step([world], mind, experiment.steps)
    assert not failed, failed
    with tempfile.TemporaryDirectory() as folder:
        events = world.log.frame(0, 0, "policy")
        events.write_parquet(Path(folder) / "events.parquet")
    sha = digest(events)
    seconds = time.perf_counter() - ready
    members = world.community.members
    present = sum(int(((members.joined <= step) & (members.left > step)).sum()) for step in range(world.now))
    return {
        "active_share": round(world.decisions / present, 4),
        "decisions": world.decisions,
        "events": len(events),
        "seconds": seconds,
        "build_s": ready - began,
        "events_sha256": sha,
    }


def main() -> None:
    """Measure, and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--active", type=float, default=1.0, help="share of members active in a step")
    parser.add_argument("--policy", default="", help="policies, by comma")
    parser.add_argument("--repeats", type=int, default=1)
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    experiment = make_experiment(
        options.members, options.steps, [name for name in options.policy.split(",") if name]
    )
    runs = [timed_run(experiment, options.active) for _ in range(options.repeats)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    best = min(runs, key=lambda run: run["seconds"])
    pace = best["decisions"] / best["seconds"]
    agents = min(options.members, 1_000_000)
    bare, in_order = (
        max(mesa_pace(how, agents) for _ in range(options.repeats)) for how in ("shuffle_do", "do")
    )
    print(
        json.dumps(
            {"members": options.members, "steps": options.steps, "policy": options.policy}
            | {**best, "seconds": round(best["seconds"], 3), "build_s": round(best["build_s"], 3)}
            | {
                "decisions_per_s": round(pace),
                "mesa_steps_per_s": round(bare),
                "ratio": round(pace / bare, 3),
            }
            | {"mesa_in_order_steps_per_s": round(in_order), "peak_gb": round(peak, 2)}
            | {"uniforms_per_s": round(uniforms_per_s())}
        )
    )


if __name__ == "__main__":
    main()
