"""One `windtunnel why` about an incident of a simulated forum: how long the whole command takes.

python bench/why.py --members 500 --replicates 200
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = [sys.executable, "-m", "windtunnel.analysis.cli"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=500)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--policy", default="slow_mode", help="what is asked about, from the onset on")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        out = str(Path(place) / "out")
        size = [f"community.size={asked.members}", f"steps={asked.steps}"]
        told("run", *size, "policy=none", "baseline=none", "draws=3", "seeds=3", "dowhy=false", f"out={out}")
        began, spent = time.perf_counter(), os.times()
        words = ["--with", asked.policy, "--at", "onset", "--replicates", str(asked.replicates)]
        said = json.loads(told("why", out, "escalation", *words, "--json"))
        seconds, after = time.perf_counter() - began, os.times()
    print(
        json.dumps(
            {
                "members": asked.members,
                "steps": asked.steps,
                "replicates": sum(said["table"].values()),
                "reproduced": said["replay"]["reproduced"] / said["replay"]["acts"],
                "seconds": round(seconds, 2),
                "processor_seconds": round(
                    after.children_user + after.children_system - spent.children_user - spent.children_system,
                    2,
                ),
                "load": round(os.getloadavg()[0], 2),
            }
        )
    )


def told(*words: str) -> str:
    return subprocess.run([*COMMAND, *words], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
