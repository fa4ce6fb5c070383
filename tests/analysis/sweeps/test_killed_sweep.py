"""A sweep killed by kill -9 at random instants, on a disk that fills up, and beside a change of its settings."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[3]
SWEEP = (
    "policy=slow_mode,rule_reminder community.size=60,90 draws=6 seeds=2 steps=24 dowhy=false "
    "parallel.worlds=2 parallel.jobs=2"
)


def started(out: Path, *words: str) -> "subprocess.Popen[str]":
    command = [
        sys.executable,
        "-m",
        "windtunnel.analysis.cli",
        "run",
        "-m",
        *SWEEP.split(),
        f"out={out}",
        *words,
    ]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Exit code and what it wrote on standard error; a worker that outlives its sweep would hold the pipe open."""
    with process:
        _, err = process.communicate(timeout=2 * PATIENCE_S)
    return process.returncode, err


def digests(out: Path) -> dict[str, str]:
    """Each cell's hash of its events."""
    return {
        path.parent.name: json.loads(path.read_text(encoding="utf-8"))["events_sha256"]
        for path in out.glob("*/manifest.json")
    }


def killed_sweeps(folder: Path, times: int, each: int, seed: int) -> None:
    """Kill `times` sweeps; after every `each` kills the same command goes on to its end."""
    chance = random.Random(seed)
    began = time.monotonic()
    code, err = ended(started(folder / "undisturbed"))
    longest, expected = time.monotonic() - began, digests(folder / "undisturbed")
    assert code == 0 and len(expected) == 4, err
    for turn in range(0, times, each):
        out, left = folder / f"out{turn}", min(each, times - turn)
        while left:
            process = started(out)
            try:
                process.wait(longest * (0.3 + 0.7 * chance.random()))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
            code, err = ended(process)
            if code == -signal.SIGKILL:
                left -= 1
                assert digests(out).items() <= expected.items()
            else:  # it was quicker: again from the beginning
                assert code == 0, err
                shutil.rmtree(out)
        code, err = ended(started(out))
        assert code == 0, err
        assert digests(out) == expected
        assert not list(out.rglob("*.partial")) and not (out / "units").exists()
        shutil.rmtree(out)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(5))
def test_sweeps_killed_at_fifty_instants_and_given_again_are_the_sweep_undisturbed(tmp_path, part):
    killed_sweeps(tmp_path, 10, 5, 100 + part)


def test_workers_of_the_joblib_launcher_end_with_a_sweep_that_is_killed(tmp_path):
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    process = started(
        tmp_path / "out", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "parallel.jobs=1", "draws=60"
    )
    while not list(tmp_path.glob("out/*/begun.json")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    assert ended(process)[0] == -signal.SIGKILL


@pytest.fixture
def little_disk(tmp_path) -> Iterator[Path]:
    """A file system of 300 kB; skips where none may be mounted."""
    place = tmp_path / "little"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(place)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("mounting a small file system needs root")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


@pytest.mark.slow
def test_a_full_disk_ends_the_sweep_in_a_sentence_and_with_room_it_goes_on(little_disk, tmp_path):
    code, err = ended(started(little_disk / "out"))
    assert code == 2, err
    assert "Traceback" not in err and "No space left" in err.strip().splitlines()[-1]
    assert not list(little_disk.rglob("*.partial"))
    subprocess.run(["mount", "-o", "remount,size=60m", str(little_disk)], check=True)
    code, err = ended(started(little_disk / "out"))
    assert code == 0, err
    code, err = ended(started(tmp_path / "undisturbed"))
    assert code == 0, err
    assert digests(little_disk / "out") == digests(tmp_path / "undisturbed")
