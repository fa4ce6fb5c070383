"""Server and worker of `windtunnel view` are killed (SIGKILL) at random moments of a job: is the answer that of a job left alone?

    python bench/kills.py FOLDER [--kills 20] [--seed 0] --kind run|question

FOLDER holds an imported community called `mine` with a thread 1 (for a question). A kill counts where it hit the worker before the job's end; a job that
ended first is compared and begun anew in another folder. The moment of each is drawn from the time that a job left alone takes. A question, which is
short, is killed again and again until it ends; a run is killed once, then goes on to its end, and the next one begins.
`percent` is what each run had said of itself when it was killed (null: nothing yet).
"""

import argparse
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

QUESTION = [
    "why",
    "mine",
    "thread:1",
    "--lock",
    "--at=comment:2",
    "--replicates",
    "20",
    "--sensitivity",
    "0",
    "--json",
]
RUN = [
    "run",
    "policy=slow_mode",
    "draws=16",
    "seeds=2",
    "community.size=60",
    "steps=36",
    "dowhy=false",
    "parallel.jobs=1",
]
KINDS = {"question": QUESTION, "run": RUN}
MOST = {"question": 1000, "run": 1}
"""Kills of one job."""
LONGEST_S = 300.0


def written(folder: Path, number: int, kind: str) -> Path:
    """A job that waits; of a run each job has a folder of its own."""
    path = folder / "jobs" / f"20260101-000000-{number:06x}"
    path.mkdir(parents=True)
    words = [*KINDS[kind], *([f"out=run{number}"] if kind == "run" else [])]
    told = {"words": words, "title": kind, "about": {}, "made": float(number), "cwd": str(folder)}
    (path / "job.json").write_text(json.dumps(told))
    return path


def served(folder: Path) -> "subprocess.Popen[str]":
    words = ["-m", "windtunnel.analysis.cli", "view", ".", "--no-browser", "--port", "0"]
    made = subprocess.Popen([sys.executable, *words], cwd=folder, stdout=subprocess.PIPE, text=True)
    assert made.stdout is not None and made.stdout.readline().startswith("http")
    return made


def answer(folder: Path, job: Path, kind: str) -> bytes:
    """What a job came to, byte by byte."""
    assert (job / "exit").read_text().split()[0] == "0", (job / "errors.txt").read_text()
    if kind == "question":
        return (job / "output.txt").read_bytes()
    out = folder / f"run{int(job.name[-6:], 16)}"
    return b"".join(path.read_bytes() for path in sorted(out.glob("*.parquet")))


def wait(job: Path) -> None:
    end = time.monotonic() + LONGEST_S
    while not (job / "exit").exists() and time.monotonic() < end:
        time.sleep(0.05)


def said(job: Path) -> int | None:
    """How many per cent of it a job has said to be done; None where it has said nothing yet."""
    try:
        found = re.findall(r"(\d+) of (\d+) steps", (job / "errors.txt").read_text(errors="replace"))
    except OSError:
        return None
    return round(100 * int(found[-1][0]) / int(found[-1][1])) if found else None


def killed(server: "subprocess.Popen[str]", job: Path) -> bool:
    """Kill both; whether a worker was hit."""
    hit = False
    with contextlib.suppress(OSError, ValueError):
        pid = int((job / "pid").read_text())
        if not (job / "exit").exists():
            os.killpg(pid, signal.SIGKILL)
            hit = True
    server.kill()
    server.wait()
    return hit


def disturbed(folder: Path, kind: str, kills: int, chance: random.Random) -> dict[str, Any]:
    """Kill until so many hit, and compare every job with the first, which was left alone."""
    job = written(folder, 0, kind)
    began = time.monotonic()
    server = served(folder)
    wait(job)
    calm_s = time.monotonic() - began
    killed(server, job)
    calm = answer(folder, job, kind)
    hits = jobs = same = most = here = 0
    percent = []
    job = written(folder, 1, kind)
    while hits < kills or not (job / "exit").exists():
        if (job / "exit").exists():
            jobs, most, here = jobs + 1, max(most, here), 0
            same += answer(folder, job, kind) == calm
            job = written(folder, jobs + 1, kind)
        server = served(folder)
        if hits < kills and here < MOST[kind]:
            time.sleep(chance.uniform(0.2, calm_s))
        else:
            wait(job)
        hit = killed(server, job)
        percent += [said(job)] if hit else []
        hits, here = hits + hit, here + hit
        print(f"{hits} kills, job {jobs + 1}", file=sys.stderr, flush=True)
    jobs, most = jobs + 1, max(most, here)
    same += answer(folder, job, kind) == calm
    found = {"kills": hits, "jobs": jobs, "same": same, "most_kills_of_one_job": most, "percent": percent}
    return {"kind": kind, "left_alone_s": round(calm_s, 1), **found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", choices=tuple(KINDS), required=True)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    print(json.dumps(disturbed(asked.folder.resolve(), asked.kind, asked.kills, chance)))


if __name__ == "__main__":
    main()
