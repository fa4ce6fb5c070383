"""One `windtunnel why` about an incident of a simulated forum, or about a thread of a record: how long the whole command takes.

python bench/why.py --members 500 --replicates 200
python bench/why.py --record out/mine --thread 208 --replicates 100

The second asks of an import, fitted before (`windtunnel fit`), whether a lock, or the policy given by --policy, would have changed it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "windtunnel.analysis.cli"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--record", help="the folder of an import; without it a forum is simulated")
    parser.add_argument("--thread", type=int, help="number of the record's thread")
    parser.add_argument("--members", type=int, default=500)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument(
        "--policy",
        help="what is asked about, from the onset on: slow_mode, of a record a lock where not named",
    )
    asked = parser.parse_args()
    if (asked.record is None) != (asked.thread is None):
        parser.error("--record and --thread go together")
    print(json.dumps(of_record(asked) if asked.record else of_run(asked)))


def of_run(asked: argparse.Namespace) -> dict[str, object]:
    """Of a simulated forum's first escalation."""
    with tempfile.TemporaryDirectory() as place:
        out = str(Path(place) / "out")
        size = [f"community.size={asked.members}", f"steps={asked.steps}"]
        told("run", *size, "policy=none", "baseline=none", "draws=3", "seeds=3", "dowhy=false", f"out={out}")
        act = ["--with", asked.policy or "slow_mode", "--at", "onset"]
        said, spent = timed(out, "escalation", *act, "--replicates", str(asked.replicates))
    return {"members": asked.members, "steps": asked.steps} | counted(said) | spent


def of_record(asked: argparse.Namespace) -> dict[str, object]:
    """Of a thread of a record; `posts` are those that its world has: all, or of a long thread the part around the moment."""
    act = ["--with", asked.policy] if asked.policy else ["--lock"]
    said, spent = timed(asked.record, f"thread:{asked.thread}", *act, "--replicates", str(asked.replicates))
    posts = said["tone_errors"]["posts"]
    print(f"{posts} posts x {asked.replicates} futures: {spent['processor_seconds']:.1f} processor seconds")
    return {"record": Path(asked.record).name, "thread": asked.thread, "posts": posts} | counted(said) | spent


def counted(said: dict[str, Any]) -> dict[str, object]:
    """Futures of an answer, and the share of recorded acts that its replay did again."""
    return {
        "replicates": sum(said["table"].values()),
        "reproduced": said["replay"]["reproduced"] / said["replay"]["acts"],
    }


def timed(*words: str) -> tuple[dict[str, Any], dict[str, float]]:
    """The answer to a question, and what it took, start-up and processes of its own included."""
    began, spent = time.perf_counter(), os.times()
    said = json.loads(told("why", *words, "--json"))
    seconds, after = time.perf_counter() - began, os.times()
    took = after.children_user + after.children_system - spent.children_user - spent.children_system
    return said, {
        "seconds": round(seconds, 2),
        "processor_seconds": round(took, 2),
        "load": round(os.getloadavg()[0], 2),
    }


def told(*words: str) -> str:
    return subprocess.run([*COMMAND, *words], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
