"""The same sweep on one core, on two and on a Ray cluster of two nodes: seconds of each, and whether the numbers agree.

    python bench/sweep.py --ways one,two,joblib,ray
    python bench/sweep.py --ways two --mind llm

Every way is the user's command, `windtunnel run -m`, in a process and a folder of its own: 8 policies x 3 community
sizes x 40 futures (20 communities x 2 seeds). `one` is bound to one core. `two` shares the
runs of a cell out to two processes, `joblib` whole cells. `ray` needs Ray in this Python (`make test-ray` makes an
environment that has it) and starts two nodes of one processor each on this machine. Compared are, cell by cell,
`events_sha256`, the pairs and everything in `estimates.json`. With `--mind llm` the embedded model decides, with a response store
that is empty at first. Ends with one line of JSON.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

ROOT = Path(__file__).resolve().parents[1]
POLICIES = (
    "counterspeech,downrank_hostile,graduated_sanctions,premoderate_newcomers,"
    "reconsider_prompt,rule_reminder,slow_mode,thread_lock"
)
WAYS = {
    "one": "parallel.jobs=1",
    "two": "parallel.jobs=2",
    "joblib": "parallel.jobs=1 hydra/launcher=joblib hydra.launcher.n_jobs=2",
    "ray": "parallel.backend=ray",
}


def command(asked: argparse.Namespace, way: str, out: Path) -> list[str]:
    """The words after the interpreter; the store of answers is new and beside the output."""
    words = [f"policy={asked.policies}", f"community.size={asked.sizes}"]
    words += [f"draws={asked.draws}", f"seeds={asked.seeds}", "dowhy=false", f"out={out}", *WAYS[way].split()]
    if asked.mind != "rules":
        words += [f"mind={asked.mind}", "llm=embedded", f"llm.store={out}.sqlite"]
    return ["-m", "windtunnel.analysis.cli", "run", "-m", *words]


@contextlib.contextmanager
def cluster(way: str) -> Iterator[dict[str, str]]:
    """Settings of the environment that this way needs; for `ray` two nodes are up while the block lasts."""
    if way != "ray":
        yield {}
        return
    sys.path.insert(0, str(ROOT / "tests" / "sim"))
    import ray_cluster

    with tempfile.TemporaryDirectory(prefix="r") as folder, ray_cluster.two_nodes(Path(folder)) as made:
        yield ray_cluster.ALONE | {"RAY_ADDRESS": made.address}


def timed(asked: argparse.Namespace, way: str, out: Path) -> float:
    """Seconds of the whole command, without the start of the cluster."""
    with cluster(way) as needed:
        cores = {min(os.sched_getaffinity(0))} if way == "one" else os.sched_getaffinity(0)
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, *command(asked, way, out)],
            env=os.environ | needed,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
            check=False,
        )
        seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{way} ended with {done.returncode}: {done.stderr.decode()[-2000:]}")
    return seconds


def numbers(out: Path) -> dict[str, Any]:
    """What every cell found: the hash of its events, its estimates, its pairs."""
    found = {}
    for manifest in sorted(out.glob("*/manifest.json")):
        folder = manifest.parent
        digest = json.loads(manifest.read_text(encoding="utf-8"))["events_sha256"]
        estimates = json.loads((folder / "estimates.json").read_text(encoding="utf-8"))
        found[folder.name] = digest, estimates, pl.read_parquet(folder / "pairs.parquet").write_csv()
    return found


def run_counts(out: Path) -> dict[str, int]:
    """Runs that were simulated, runs that a cell took from another, and questions that were asked of a model."""
    made = [json.loads(path.read_text(encoding="utf-8")) for path in out.glob("*/manifest.json")]
    units = {name: sum(one["units"][name] for one in made) for name in ("run", "shared")}
    return units | {"calls": sum(one["llm"].get("calls", 0) for one in made)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--policies", default=POLICIES)
    parser.add_argument("--sizes", default="60,200,500")
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--mind", default="rules", choices=["rules", "llm"])
    parser.add_argument(
        "--ways", default="one,two", help="of one, two, joblib, ray; the first is what others must equal"
    )
    parser.add_argument("--keep", type=Path, help="folder for the outputs; default: a temporary one")
    asked = parser.parse_args()
    ways = asked.ways.split(",")
    if unknown := set(ways) - set(WAYS):
        parser.error(f"--ways has {', '.join(sorted(unknown))}: choose of {', '.join(WAYS)}")
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        seconds, found, counts = {}, {}, {}
        for way in ways:
            seconds[way] = round(timed(asked, way, folder / way), 1)
            found[way], counts[way] = numbers(folder / way), run_counts(folder / way)
            print(f"{way}: {len(found[way])} cells in {seconds[way]} s, {counts[way]}", flush=True)
    first = found[ways[0]]
    differ = sorted({cell for way in ways for cell in first if found[way].get(cell) != first[cell]})
    said = {
        "cells": len(first),
        "pairs_a_cell": asked.draws * asked.seeds,
        "mind": asked.mind,
        "seconds": seconds,
        "counts": counts[ways[0]],
        "equal": len(ways) > 1 and not differ and all(found[way].keys() == first.keys() for way in ways),
        "differ": differ,
        "load_before": round(load, 2),
    }
    print(json.dumps(said if len(ways) > 1 else said | {"equal": None}))


if __name__ == "__main__":
    main()
