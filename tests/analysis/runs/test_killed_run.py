"""`windtunnel run` killed at random instants: the same command, given again, ends with one and the same events."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_S, until

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def server() -> Iterator[str]:
    command = [sys.executable, str(ROOT / "tests" / "fake_server.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        yield process.stdout.readline().strip()
        process.stdin.close()


def started(address: str, out: Path, store: Path) -> subprocess.Popen[str]:
    words = (
        "mind=llm llm=openai llm.model=m llm.digest=d llm.endpoint=completions llm.template=plain llm.batch=4 "
        "prompt=member policy=thread_lock community.size=40 draws=1 seeds=2 steps=6 dowhy=false parallel.jobs=1 "
        f"parallel.worlds=1 mind.drift_sample=0 llm.base_url={address} llm.store={store} out={out}"
    )
    command = [sys.executable, "-m", "windtunnel.analysis.cli", "run", *words.split()]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(address: str, out: Path, store: Path) -> str:
    with started(address, out, store) as process:
        _, err = process.communicate(timeout=2 * PATIENCE_S)
    assert process.returncode == 0, err
    assert "damaged" not in err
    return json.loads((out / "manifest.json").read_text())["events_sha256"]


def killed_within(process: subprocess.Popen[str], seconds: float) -> bool:
    """Whether the kill came before the run's own end."""
    with process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
    return process.returncode == -signal.SIGKILL


def killed_runs(folder: Path, times: int, each: int, seed: int) -> None:
    """Kill `times` runs; after every `each` kills the same command goes on to its end, and a new store is begun."""
    chance = random.Random(seed)
    with server() as address:
        began = time.monotonic()
        expected = finished(address, folder / "undisturbed", folder / "whole.sqlite")
        longest = time.monotonic() - began
        for turn in range(0, times, each):
            out, store = folder / f"out{turn}", folder / f"store{turn}.sqlite"
            left = min(each, times - turn)
            while left:
                instant = longest * (0.3 + 0.7 * chance.random())
                if killed_within(started(address, out, store), instant):
                    left -= 1
                else:
                    longest = instant  # a warmer store, or a quieter machine
            assert finished(address, out, store) == expected


def test_a_run_killed_three_times_and_given_again_is_the_run_undisturbed(tmp_path):
    killed_runs(tmp_path, 3, 3, 0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_runs_killed_at_twice_25_instants_and_given_again_are_the_run_undisturbed(tmp_path, seed):
    killed_runs(tmp_path, 25, 5, seed)


RULES = "policy=[slow_mode,rule_reminder] community.size=100 draws=8 seeds=1 steps=24 dowhy=false parallel.worlds=1"


def rules_started(out: Path, jobs: int) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "windtunnel.analysis.cli",
        "run",
        *RULES.split(),
        f"parallel.jobs={jobs}",
        f"out={out}",
    ]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def rules_finished(out: Path, jobs: int) -> dict:
    with rules_started(out, jobs) as process:
        _, err = process.communicate(timeout=2 * PATIENCE_S)
    assert process.returncode == 0, err
    return json.loads((out / "manifest.json").read_text())


ENDINGS = {signal.SIGKILL: -signal.SIGKILL, signal.SIGTERM: 143, signal.SIGINT: 130}


def ended_within(process: subprocess.Popen[str], seconds: float, how: signal.Signals) -> bool:
    """Whether the signal came before the run's own end; it then ended as that signal is to end it. The seconds begin when it hears signals."""
    until(lambda: process.poll() is not None or hears(process.pid))
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(how)
    _, err = process.communicate(timeout=2 * PATIENCE_S)
    assert "Traceback" not in err, err
    if process.returncode == 0:
        return False
    assert process.returncode in (
        ENDINGS[how],
        -how,
    )  # the run was over and Python at its end: the signal's own way
    return True


def hears(pid: int) -> bool:
    """Whether our own code is up in a process: it has a handler of SIGTERM, which Python has not."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    caught = int(status.split("SigCgt:")[1].split()[0], 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1)


def ended_rules_runs(folder: Path, times: int, each: int, seed: int) -> int:
    """End `times` runs by signals at random instants; gives how many runs were kept over the ends."""
    chance, kept = random.Random(seed), 0
    began = time.monotonic()
    expected = rules_finished(folder / "undisturbed", 1)
    longest = time.monotonic() - began
    for turn in range(0, times, each):
        out, left, jobs = folder / f"out{turn}", min(each, times - turn), 1 + turn // each % 2
        while left:
            how = chance.choice(list(ENDINGS))
            if ended_within(rules_started(out, jobs), longest * (0.2 + 0.8 * chance.random()), how):
                left -= 1
            else:
                (out / "manifest.json").unlink()  # it was quicker: again from the beginning
        found = rules_finished(out, jobs)
        assert found["events_sha256"] == expected["events_sha256"]
        assert found["runs"] == sum(found["units"].values())
        assert not list(out.rglob("*.partial")) and not (out / "units").exists()
        kept += found["units"]["kept"]
    return kept


def test_a_run_of_rules_ended_at_random_instants_and_given_again_is_the_run_undisturbed(tmp_path):
    ended_rules_runs(tmp_path, 4, 2, 0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_runs_of_rules_ended_at_twice_25_instants_lose_little_and_change_nothing(tmp_path, seed):
    assert ended_rules_runs(tmp_path, 25, 5, seed) > 0
