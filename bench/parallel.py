"""How much of a second core a run gets: t(1 job) / (2 t(2 jobs)) for one cell decided by rules, kept as it goes.

    python bench/parallel.py --members 300 --draws 240 --seeds 2 --turns 3

The cell takes half a minute on one core; one of four seconds (`--draws 24`) loses a third to the start of a worker
process, a second of imports. Each turn runs the cell with one process and with two, the order changing, finished
runs written as `windtunnel run` does. `efficiency` is the median of the turns. `warm` leaves out the start of the worker process, which a sweep pays
once; `lost` says what the seconds of two cores were spent on. Ends with one line of JSON.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from windtunnel.analysis.configuration import Plan, compose, plan
from windtunnel.sim.block import Block
from windtunnel.sim.minds import make_mind
from windtunnel.sim.pool import end_workers
from windtunnel.sim.run import run
from windtunnel.sim.run_cache import Kept


def planned(members: int, draws: int, seeds: int, worlds: int) -> Plan:
    words = f"policy=slow_mode community.size={members} draws={draws} seeds={seeds} parallel.worlds={worlds}"
    return plan(compose([*words.split(), "dowhy=false"]))


def timed(made: Plan, jobs: int) -> tuple[float, float, list[Block]]:
    """Seconds for all blocks, seconds of the blocks' own processor time, and the blocks."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        blocks = list(
            run(
                made.experiment,
                make_mind,
                kept=Kept(Path(folder) / "units"),
                jobs=jobs,
                pairs_a_block=made.worlds,
            )
        )
        return time.perf_counter() - began, sum(block.cpu_s for block in blocks), blocks


def turn(made: Plan, first: int) -> dict[str, float]:
    """One measurement of each: one process, two that start cold, two that are there already."""
    seconds, cpu, digests = {}, {}, set()
    for jobs in (first, 3 - first):
        if jobs == 2:
            end_workers()
        seconds[jobs], cpu[jobs], blocks = timed(made, jobs)
        digests.add(tuple(sorted((one.unit, one.events_sha256) for block in blocks for one in block.runs)))
        if jobs == 2:
            warm, _, _ = timed(made, 2)
    assert len(digests) == 1, "the numbers depend on the processes"
    return {
        "one_s": seconds[1],
        "two_s": seconds[2],
        "warm_s": warm,
        "efficiency": seconds[1] / (2 * seconds[2]),
        "warm": seconds[1] / (2 * warm),
        "cpu_one_s": cpu[1],
        "cpu_two_s": cpu[2],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--members", type=int, default=300)
    parser.add_argument("--draws", type=int, default=240)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--worlds", type=int, default=4, help="pairs a block at the most")
    parser.add_argument("--turns", type=int, default=3)
    asked = parser.parse_args()
    made = planned(asked.members, asked.draws, asked.seeds, asked.worlds)
    load = os.getloadavg()[0]
    turns = []
    for number in range(asked.turns):
        turns.append(turn(made, 1 + number % 2))
        print(", ".join(f"{name} {value:.3f}" for name, value in turns[-1].items()), flush=True)
    end_workers()
    middle = {name: statistics.median(one[name] for one in turns) for name in turns[0]}
    found = {
        "members": asked.members,
        "runs": 3 * asked.draws * asked.seeds,
        "turns": asked.turns,
        "load_before": round(load, 2),
        **{name: round(value, 3) for name, value in middle.items()},
        "efficiency_least": round(min(one["efficiency"] for one in turns), 3),
        "lost": {
            # seconds of two cores beyond one process's own, by where they went
            "blocks_slower_side_by_side": round(middle["cpu_two_s"] - middle["cpu_one_s"], 3),
            "starting_workers": round(2 * (middle["two_s"] - middle["warm_s"]), 3),
            "all": round(2 * middle["two_s"] - middle["one_s"], 3),
        },
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
