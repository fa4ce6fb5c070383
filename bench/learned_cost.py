"""What a run costs in processor time with learned members, beside members by rules.

    python bench/learned_cost.py IMPORTED FOLDER [--pairs 3] [--size 422] [--weeks-before 1]

A *decision* is one member's drawn choice. By rules that is a member who came in and looked at one post: most of them read on and do nothing.
A learned member comes to write, so that nearly each of its decisions is an *act*, a post or a reply. Two questions follow, and both are asked:
the same place over the same steps (about as many acts), and a smaller place by rules that decides as often in as many steps.
A run with several draws and seeds steps its worlds in blocks, and learned members of a block are decided together: the last comparison is of
a block of 32 worlds (16 seeds in both arms), beside a block by rules that decides as often.
Steps are timed, not the making of the world or the weeks it lived before. Runs are interleaved, and each figure is the least of its
pairs. The last line is one JSON document.
"""

import argparse
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = os.environ["POLARS_MAX_THREADS"] = "1"

import polars as pl

from windtunnel.analysis.configuration import compose, plan
from windtunnel.sim.communities.forum.learned.law import law_of
from windtunnel.sim.communities.forum.learned.members import recorded_size
from windtunnel.sim.communities.forum.learned_file import read_learned
from windtunnel.sim.communities.forum.profile import read_profile
from windtunnel.sim.experiment import Experiment, Unit
from windtunnel.sim.lock_step import lock_step
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import make_world

LARGE, LARGE_STEPS = 8_000, 24
HUGE = 100_000
ONE = (Unit(0, 0, "policy"),)
BLOCK = [Unit(0, seed, arm) for seed in range(16) for arm in ("baseline", "policy")]
BLOCK_STEPS = 48
NOBODY = ("mind.weeks_before=0", "mind.core=false")


def experiment(folder: Path, mind: str, size: int, steps: int, *more: str) -> Experiment:
    """A place without a policy beyond its status quo."""
    words = [f"community.profile={folder}", f"mind={mind}", f"community.size={size}", f"steps={steps}"]
    return plan(compose([*words, "policy=none", *more])).experiment


def timed(asked: Experiment, units: Sequence[Unit] = ONE) -> dict[str, Any]:
    """Processor seconds of the steps of these runs, in one block, their decisions and what members wrote."""
    worlds, mind = [make_world(asked, unit) for unit in units], make_mind(asked)
    began = time.process_time()
    failed = lock_step(worlds, mind, asked.steps)
    seconds = time.process_time() - began
    assert not failed, failed
    kinds = pl.concat([world.log.frame(0, 0, "policy")["kind"] for world in worlds])
    return {
        "cpu_s": seconds,
        "decisions": sum(world.decisions for world in worlds),
        "acts": int(kinds.is_in(["post", "reply"]).sum()),
        "events": len(kinds),
    }


def least(asked: list[Experiment], pairs: int, units: Sequence[Unit] = ONE) -> list[dict[str, Any]]:
    """The same of several, in turn; of each the run that took least."""
    runs = [[timed(one, units) for one in asked] for _ in range(pairs)]
    return [min(some, key=lambda run: run["cpu_s"]) for some in zip(*runs, strict=True)]


def beside(folder: Path, size: int, steps: int, pairs: int, *more: str) -> dict[str, Any]:
    """Learned members and the same place by rules, and a place by rules that decides as often."""
    learned = experiment(folder, "learned", size, steps, *more)
    rules = experiment(folder, "rules", size, steps)
    once = timed(learned)["decisions"] / max(timed(rules)["decisions"], 1)
    few = experiment(folder, "rules", max(2, round(size * once)), steps)
    ours, theirs, as_often = least([learned, rules, few], pairs)
    found = {
        "size": size,
        "steps": steps,
        "learned": _each(ours),
        "rules": _each(theirs),
        "rules_as_many_decisions": {"size": few.community["size"], **_each(as_often)},
        "times_same_place": round(ours["cpu_s"] / theirs["cpu_s"], 1),
        "times_an_act": round(
            (ours["cpu_s"] / max(ours["acts"], 1)) / (theirs["cpu_s"] / max(theirs["acts"], 1)), 1
        ),
        "times_same_decisions": round(ours["cpu_s"] / as_often["cpu_s"], 1),
    }
    print(
        f"{size:,} members, {steps} steps: learned {ours['cpu_s']:.2f} s ({ours['decisions']:,} decisions, {ours['acts']:,} acts), "
        f"rules {theirs['cpu_s']:.2f} s ({theirs['decisions']:,}, {theirs['acts']:,}): {found['times_same_place']} x; "
        f"rules deciding as often ({as_often['decisions']:,}) {as_often['cpu_s']:.2f} s: {found['times_same_decisions']} x (asked: 2)",
        flush=True,
    )
    return found


def block(folder: Path, size: int, steps: int, pairs: int, *more: str) -> dict[str, Any]:
    """A block of worlds of learned members, and one by rules that decides as often."""
    learned = experiment(folder, "learned", size, steps, *more)
    once = timed(learned)["decisions"] / max(timed(experiment(folder, "rules", size, steps))["decisions"], 1)
    few = experiment(folder, "rules", max(2, round(size * once)), steps)
    ours, theirs = least([learned, few], pairs, BLOCK)
    times = (ours["cpu_s"] / ours["decisions"]) / (theirs["cpu_s"] / theirs["decisions"])
    print(
        f"a block of {len(BLOCK)} worlds of {size:,} members, {steps} steps: learned {ours['cpu_s']:.2f} s ({ours['decisions']:,} decisions), "
        f"rules {theirs['cpu_s']:.2f} s ({theirs['decisions']:,}): {times:.1f} x a decision (asked: 2)",
        flush=True,
    )
    return {
        "worlds": len(BLOCK),
        "size": size,
        "steps": steps,
        "learned": _each(ours),
        "rules": _each(theirs),
        "times_a_decision": round(times, 1),
    }


def _each(run: dict[str, Any]) -> dict[str, Any]:
    return {
        **run,
        "cpu_s": round(run["cpu_s"], 3),
        "us_a_decision": round(1e6 * run["cpu_s"] / max(run["decisions"], 1), 1),
        "us_an_act": round(1e6 * run["cpu_s"] / max(run["acts"], 1), 1),
    }


def measure(folder: Path, pairs: int, size: int | None = None, weeks: float = 1.0) -> dict[str, Any]:
    """Every comparison, printed as it comes."""
    size = size or recorded_size_of(folder)
    before = f"mind.weeks_before={weeks:g}"
    found = {
        "folder": folder.name,
        "pairs": pairs,
        "places": [
            beside(folder, size, 168, pairs, before),
            beside(folder, LARGE, LARGE_STEPS, pairs, before),
        ],
        "block": block(folder, size, BLOCK_STEPS, pairs, before),
    }
    both = [
        experiment(folder, "learned", HUGE, LARGE_STEPS, *NOBODY),
        experiment(folder, "rules", HUGE, LARGE_STEPS),
    ]
    ours, theirs = least(both, pairs)
    print(
        f"{HUGE:,} members, {LARGE_STEPS} steps, from nothing: learned {ours['cpu_s']:.2f} s, rules {theirs['cpu_s']:.2f} s: "
        f"{ours['cpu_s'] / theirs['cpu_s']:.1f} x (asked: 1.5 of the rules as they were when this was asked, 5.3 s)",
        flush=True,
    )
    found["huge"] = {"size": HUGE, "steps": LARGE_STEPS, "learned": _each(ours), "rules": _each(theirs)}
    return found


def recorded_size_of(folder: Path) -> int:
    """Members present in the recorded place."""
    law = law_of(read_learned(folder / "learned.yaml").forward)
    return round(recorded_size(law, read_profile(folder / "profile.yaml")))


def main() -> None:
    """Measure, and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument(
        "--size", type=int, help="members of the first place; default: as many as the record's"
    )
    parser.add_argument(
        "--weeks-before", type=float, default=1.0, help="weeks that a place lives before, not timed"
    )
    asked = parser.parse_args()
    print(json.dumps(measure(asked.folder, asked.pairs, asked.size, asked.weeks_before)))


if __name__ == "__main__":
    main()
