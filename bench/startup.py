"""How soon the command answers: the median wall time of whole `windtunnel --help` processes.

    python bench/startup.py

The last line is one JSON document; `seconds` should stay under 0.5.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time


def once(arguments: list[str]) -> float:
    """Seconds of one whole process of the command, as a user would start it."""
    program = [sys.executable, "-c", "from windtunnel.analysis.cli import main; raise SystemExit(main())"]
    began = time.perf_counter()
    subprocess.run([*program, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Measure, and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=11)
    repeats = parser.parse_args().repeats
    once(["--help"])  # compiled files and the disk's cache
    times = sorted(once(["--help"]) for _ in range(repeats))
    seconds = statistics.median(times)
    print(
        json.dumps(
            {"command": "windtunnel --help", "runs": repeats, "seconds": round(seconds, 3)}
            | {"best": round(times[0], 3), "worst": round(times[-1], 3), "under_half_a_second": seconds < 0.5}
        )
    )


if __name__ == "__main__":
    main()
