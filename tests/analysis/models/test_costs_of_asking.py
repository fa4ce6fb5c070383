"""A dry pass that asks nothing, a budget that stops cleanly and goes on, and the cost in manifest and report."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.terminal.ending import FAILED, OK

ROOT = Path(__file__).resolve().parents[3]
SMALL = "mind=llm llm=openai llm.model=m llm.choice=logprobs mind.drift_sample=0 llm.price_in=100 llm.price_out=100"
SIZE = "policy=thread_lock community.size=40 draws=2 seeds=1 steps=8 dowhy=false parallel.worlds=1"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    command = [sys.executable, str(ROOT / "tests" / "fake_server.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        yield process.stdout.readline().strip()
        process.stdin.close()


def words(address: str, tmp_path: Path, *more: str) -> list[str]:
    where = [f"llm.base_url={address}", f"llm.store={tmp_path / 'store.sqlite'}", f"out={tmp_path / 'out'}"]
    keys = {word.partition("=")[0] for word in more}
    size = [word for word in SIZE.split() if word.partition("=")[0] not in keys]
    return ["run", *SMALL.split(), *size, "llm.top=27", *where, *more]


def manifest(tmp_path: Path) -> dict:
    return json.loads((tmp_path / "out" / "manifest.json").read_text())


def numbers(line: str) -> list[float]:
    return [float(text.replace(",", "")) for text in re.findall(r"\d[\d,]*\.?\d*", line)]


@pytest.mark.parametrize("prompt", ["archetype", "member"])
def test_a_dry_pass_asks_nothing_and_comes_near_what_a_run_asks(address, tmp_path, capsys, prompt):
    more = (f"prompt={prompt}", "parallel.jobs=1", "seeds=1")
    assert main(words(address, tmp_path, *more, "dry=true")) == OK
    cold = capsys.readouterr().out
    assert "nothing was run" in cold and "0 of them in the store" in cold and not (tmp_path / "out").exists()
    assert not (tmp_path / "store.sqlite").exists() and "at 4 characters a token" in cold
    guessed = numbers(next(line for line in cold.splitlines() if line.startswith("Still to ask")))[0]
    assert main(words(address, tmp_path, *more)) == OK
    asked = manifest(tmp_path)["llm"]["unique"]
    assert 0.5 * asked <= guessed <= 2 * asked
    capsys.readouterr()
    assert main(words(address, tmp_path, *more, "dry=true")) == OK
    warm = capsys.readouterr().out
    still = numbers(next(line for line in warm.splitlines() if line.startswith("Still to ask")))
    assert still[:2] == [0, 0] and "Cost: about 0.0000 USD" in warm, (
        "every answer of the same run is in the store"
    )


def test_a_dry_sweep_counts_what_its_cells_ask_together_once(address, tmp_path, capsys):
    def still(*more: str) -> list[float]:
        words_of_it = words(address, tmp_path, "seeds=1", *more, "dry=true")
        assert main(words_of_it[:1] + ["-m"] * (len(more) > 1) + words_of_it[1:]) == OK
        said = capsys.readouterr().out
        assert "nothing was run" in said and not (tmp_path / "out").exists()
        return numbers(next(line for line in said.splitlines() if line.startswith("Still to ask")))

    one = still("policy=slow_mode")
    assert still("policy=slow_mode", "confidence=0.9,0.95")[0] == one[0] > 0  # the same runs, estimated twice
    both = still("policy=slow_mode,counterspeech", "confidence=0.9")[0]
    other = still("policy=counterspeech")[0]
    assert max(one[0], other) <= both < one[0] + other  # the baseline's questions are common to both


def test_a_dry_sweep_prices_each_cell_s_questions_by_that_cell_s_settings(address, tmp_path, capsys):
    def cost(rates: str) -> float:
        more = ["seeds=1", "llm.store=none", f"llm.price_in={rates}", "llm.price_out=0", "dry=true"]
        assert main(["run", "-m", *words(address, tmp_path, *more)[1:]]) == OK
        return numbers(
            next(line for line in capsys.readouterr().out.splitlines() if line.startswith("Cost"))
        )[0]

    assert cost("4000") > 0
    assert cost("4000,0") == cost("4000")  # the questions are the same, and are asked by the first cell


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_budget_stops_runs_cleanly_and_a_higher_one_completes_them(address, tmp_path, capsys, jobs):
    more = ("prompt=member", f"parallel.jobs={jobs}")
    assert main(words(address, tmp_path, *more, "llm.budget=0.3")) == FAILED
    runs = pl.read_parquet(tmp_path / "out" / "runs.parquet")
    lost = runs.filter(pl.col("status") == "failed")
    assert len(lost) and lost["stage"].str.starts_with("budget, step").all()
    assert "higher budget goes on" in lost["reason"][0]
    assert manifest(tmp_path)["llm"]["cost"] <= 0.3 * 1.2
    spent = manifest(tmp_path)["llm"]["calls"]
    assert main(words(address, tmp_path, *more, "llm.budget=1000")) == OK
    whole = manifest(tmp_path)
    assert whole["llm"]["store_hits"] >= spent > 0 == whole["failed"]
    assert main(words(address, tmp_path / "other", *more)) == OK
    assert manifest(tmp_path / "other")["events_sha256"] == whole["events_sha256"]
    assert "Traceback" not in capsys.readouterr().err


def test_manifest_and_report_say_what_it_cost(address, tmp_path, capsys):
    assert main(words(address, tmp_path, "parallel.jobs=1")) == OK
    llm = manifest(tmp_path)["llm"]
    assert llm["cost"] == pytest.approx((llm["tokens_in"] + llm["tokens_out"]) * 100 / 1e6, abs=1e-6)
    assert (llm["currency"], llm["price"]) == ("USD", "the settings")
    assert llm["cut"] == 0 and llm["least_mass"] == 0.1
    assert f"{llm['cost']:,.4f} USD" in (tmp_path / "out" / "report.md").read_text()


def test_a_model_whose_letters_get_too_little_never_starts(address, tmp_path, capsys):
    assert main(words(address, tmp_path, "llm.least_mass=1")) == 2
    told = capsys.readouterr().err
    assert "llm.least_mass asks for 1" in told and "What a member can do:" in told
    assert not (tmp_path / "out" / "manifest.json").exists()
