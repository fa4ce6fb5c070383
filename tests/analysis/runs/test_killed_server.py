"""A language-model server that dies in the middle of a run, and the same command given again."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.terminal import progress
from windtunnel.analysis.terminal.ending import FAILED, OK

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def server() -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, str(ROOT / "tests" / "fake_server.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        yield process, process.stdout.readline().strip()
        process.stdin.close()


def words(address: str, out: Path, store: Path) -> list[str]:
    """One command but for the server's port, which is no part of the model's identity once its digest is known."""
    settings = "mind=llm llm=openai llm.model=m llm.digest=d llm.endpoint=completions llm.template=plain llm.batch=16"
    size = "prompt=member community.size=60 draws=3 seeds=2 steps=12 dowhy=false parallel.jobs=1 parallel.worlds=2"
    where = [
        f"llm.base_url={address}",
        f"out={out}",
        f"llm.store={store}",
        "llm.max_retries=0",
        "mind.drift_sample=0",
    ]
    return ["run", *settings.split(), *size.split(), *where]


def fingerprint(out: Path) -> str:
    return json.loads((out / "manifest.json").read_text())["events_sha256"]


def test_runs_that_lost_their_server_fail_with_a_reason_and_the_same_command_completes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with server() as (process, address):

        @contextmanager
        def killing(steps: int, worlds: int) -> Iterator[object]:
            yield lambda what, more: process.kill() if what == "worlds" else None

        with monkeypatch.context() as patched:
            patched.setattr(progress, "shown", killing)
            assert main(words(address, tmp_path / "out", tmp_path / "store.sqlite")) == FAILED
        process.wait()
    runs = pl.read_parquet(tmp_path / "out" / "runs.parquet")
    lost = runs.filter(pl.col("status") == "failed")
    whole = runs.filter(pl.col("status") == "ok")
    assert len(runs) == 18 and len(lost) and len(whole), "the first block was whole, a later one was not"
    assert (
        lost["stage"].str.contains("^(ask|words), step").all() and lost["reason"].str.len_chars().min() > 10
    )
    assert lost["escalation"].null_count() == len(lost) and whole["escalation"].null_count() == 0
    estimates = json.loads((tmp_path / "out" / "estimates.json").read_text())
    assert estimates["n_pairs"] + estimates["n_lost"] == 6 and estimates["worst_case"] is not None
    assert "Traceback" not in capsys.readouterr().err

    with server() as (_, address):
        assert main(words(address, tmp_path / "out", tmp_path / "store.sqlite")) == OK
        assert main(words(address, tmp_path / "undisturbed", tmp_path / "other.sqlite")) == OK
    assert fingerprint(tmp_path / "out") == fingerprint(tmp_path / "undisturbed")
    again = pl.read_parquet(tmp_path / "out" / "runs.parquet").join(
        whole, on=["draw", "seed", "arm"], suffix="_before"
    )
    assert (again["events_sha256"] == again["events_sha256_before"]).all(), (
        "what was whole before is what it was"
    )
