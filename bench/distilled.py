"""How fast a distilled mind decides beside the rules: the same forum under both, in one process, on one core.

    python bench/distilled.py --members 1000000 --steps 24 --active 0.1

The last line is one JSON document. The distilled mind is fitted on the spot to the fake model (noise, so that every
coefficient is at work) and each mind runs `--repeats` times, in turns; `ratio` is the distilled mind's decisions a
second over the rules', each at its best; `cpu_ratio` the same by processor time, the world's making included, which
a busy machine disturbs less; `mind_ratio` for the minds alone, without the forum, on the situations of a first step.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))

from engine import activate, make_experiment, timed_run  # first: it sets one thread for the libraries below

from windtunnel.agents.minds.base import Mind
from windtunnel.agents.situation import Situations
from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.model_commands.distill import distill
from windtunnel.sim.experiment import Experiment, Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import make_world


def distilled_file(folder: Path) -> Path:
    """A mind distilled from the fake model for the shipped forum."""
    small = ["community.size=200", "steps=12", "draws=2", "seeds=1", "policy=none", "parallel.jobs=1"]
    made = plan(compose([*small, "mind=llm", "llm=fake", "llm.store=none", "mind.drift_sample=0"]))
    distill(made, folder / "mind.yaml", check=False)
    return folder / "mind.yaml"


def first_situations(experiment: Experiment, share: float) -> Situations:
    """What the members of one world are asked in the first step."""
    world = make_world(experiment, Unit(0, 0, "baseline"))
    activate(world, share)
    world.begin_step()
    return world.ask()


def pace(mind: Mind, batch: Situations, repeats: int) -> float:
    """Rows a second of a mind alone, at its best."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        mind.decide([batch])
        times.append(time.perf_counter() - began)
    return len(batch) / min(times)


def main() -> None:
    """Measure, and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--active", type=float, default=0.1, help="share of members active in a step")
    parser.add_argument("--repeats", type=int, default=1)
    asked = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    rules = make_experiment(asked.members, asked.steps, [])
    with tempfile.TemporaryDirectory() as folder:
        file = distilled_file(Path(folder))
        distilled = replace(rules, mind={"name": "distilled", "file": str(file)})
        runs: dict[str, list[dict[str, Any]]] = {"rules": [], "distilled": []}
        for _ in range(asked.repeats):
            for experiment in (rules, distilled):
                began = time.process_time()
                done = timed_run(experiment, asked.active)
                runs[experiment.mind["name"]].append(done | {"cpu_s": time.process_time() - began})
        batch = first_situations(rules, asked.active)
        alone = {one.mind["name"]: pace(make_mind(one), batch, 5) for one in (rules, distilled)}
    best, cpu = (
        {name: max(run["decisions"] / run[clock] for run in done) for name, done in runs.items()}
        for clock in ("seconds", "cpu_s")
    )
    print(
        json.dumps(
            {"bench": "distilled", "members": asked.members, "steps": asked.steps}
            | {f"decisions_{name}": done[0]["decisions"] for name, done in runs.items()}
            | {f"events_{name}": done[0]["events"] for name, done in runs.items()}
            | {
                f"seconds_{name}": round(min(run["seconds"] for run in done), 2)
                for name, done in runs.items()
            }
            | {f"decisions_per_s_{name}": round(value) for name, value in best.items()}
            | {
                "ratio": round(best["distilled"] / best["rules"], 3),
                "cpu_ratio": round(cpu["distilled"] / cpu["rules"], 3),
                "mind_ratio": round(alone["distilled"] / alone["rules"], 3),
                "same_events_again": len({run["events_sha256"] for run in runs["distilled"]}) == 1,
            }
        )
    )


if __name__ == "__main__":
    main()
