"""A hundred small runs against a server with random faults: how many are identical, how many failed, any wrong?

    python bench/faults.py [--runs 100] [--share 0.15] [--seed 0]

Each run has a fault schedule of its own, one to three kinds of fault, and every third one no retries; they ask by
chat and by completions in turn, and in every second pair of turns members write words, too. A run is identical when its events are those of a run without faults, failed when
it says at which stage and why, and wrong otherwise.
"""

import argparse
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from windtunnel.analysis.configuration import compose, plan  # noqa: E402
from windtunnel.analysis.models.asking import probe_of  # noqa: E402
from windtunnel.analysis.models.serving import serving  # noqa: E402
from windtunnel.sim.experiment import Experiment  # noqa: E402
from windtunnel.sim.minds import make_mind  # noqa: E402
from windtunnel.sim.run import Run, run  # noqa: E402

FAULTS = (
    *("busy", "cut", "drip", "empty", "error", "gateway", "html", "huge", "nan", "reset"),
    *("schema", "shuffled", "told", "truncated"),
)
LLM = {
    "kind": "openai",
    "model": "m",
    "digest": "d",
    "template": "plain",
    "timeout": 0.7,
    "concurrency": 8,
    "batch": 6,
    "top": 27,
    "store": "none",
}
SMALL = {
    "choices": "mind=llm llm=fake prompt=archetype policy=thread_lock community.size=40 draws=1 seeds=1 steps=6",
    "words": "mind=llm llm=fake prompt=member policy=thread_lock community.size=20 draws=1 seeds=1 steps=4",
}
"""What is run: choices alone, and choices with words that others read."""


@contextmanager
def fault_server() -> Iterator[str]:
    """The address of the tests' fault server; it ends with the block."""
    command = [sys.executable, str(ROOT / "tests" / "fault_server.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin and server.stdout
        yield server.stdout.readline().strip()
        server.stdin.close()


def runs_of(experiment: Experiment, settings: Mapping[str, Any]) -> list[Run]:
    """The three runs of one pair (baseline, policy, A/A), in the order of their arms."""
    with serving(experiment, settings, probe_of(experiment)) as ready:
        blocks = list(run(ready, make_mind))
    return sorted((one for block in blocks for one in block.runs), key=lambda one: one.unit)


def verdict(one: Run, expected: Run) -> str:
    if one.status == "failed" and one.stage and one.reason:
        return "failed"
    return "identical" if one.status == "ok" and one.events_sha256 == expected.events_sha256 else "wrong"


def measure(number: int, share: float, seed: int) -> dict[str, object]:
    experiments = {kind: plan(compose(words.split())).experiment for kind, words in SMALL.items()}
    chance = random.Random(seed)
    found: Counter[str] = Counter()
    spoke: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    stages: Counter[str] = Counter()
    began = time.perf_counter()
    with fault_server() as address:
        quiet = LLM | {"base_url": f"{address}/none/0/0/v1"}
        expected = {
            (kind, endpoint): runs_of(experiment, quiet | {"endpoint": endpoint})
            for kind, experiment in experiments.items()
            for endpoint in ("chat", "completions")
        }
        turn = 0
        while found.total() < number:
            endpoint, kind = ("chat", "completions")[turn % 2], list(SMALL)[turn // 2 % 2]
            kinds = "+".join(chance.sample(FAULTS, chance.randint(1, 3)))
            settings = LLM | {
                "endpoint": endpoint,
                "base_url": f"{address}/{kinds}/{share}/{turn}/v1",
                "max_retries": 0 if turn % 3 == 2 else 4,
            }
            turn += 1
            try:
                runs = runs_of(experiments[kind], settings)
            except ValueError as error:  # refused before it began, with a sentence
                refused[str(error)[:80]] += 1
                found["failed"] += 3
                continue
            for one, other in zip(runs, expected[kind, endpoint], strict=True):
                found[verdict(one, other)] += 1
                if kind == "words":
                    spoke[verdict(one, other)] += 1
                if one.status == "failed":
                    stages[str(one.stage).split(",")[0]] += 1
    return {
        "bench": "faults",
        "runs": found.total(),
        "identical": found["identical"],
        "failed": found["failed"],
        "wrong": found["wrong"],
        "with_words": dict(spoke),
        "failed_at": dict(stages),
        "refused": dict(refused),
        "share": share,
        "seconds": round(time.perf_counter() - began, 1),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--share", type=float, default=0.15)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    print(json.dumps(measure(given.runs, given.share, given.seed)))
