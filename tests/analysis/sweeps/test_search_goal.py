"""A search under a goal keeps its limits, and its winner is judged on communities that it has not seen."""

import json

import polars as pl
import pytest

pytest.importorskip("optuna")

from windtunnel.analysis.cli import main
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.sweeps.goal_objective import best_of

SMALL = ["community.size=70", "steps=8", "draws=4", "seeds=2", "parallel.jobs=1", "baseline=none"]
SEARCH = ["optimise", "policy=slow_mode", "policy_with.slow_mode.hours=2:12", "trials=4", *SMALL]
GOAL = ["--goal", "less hostile_share", "--limit", "civil_posts>=-60%"]


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("goal") / "search"


def test_the_best_keeps_its_limits_and_is_judged_on_new_draws(out, capsys):
    assert main([*SEARCH, *GOAL, f"out={out}", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    kept = [row for row in told["all"] if all(one <= 0 for one in row["broken"])]
    assert told["best"]["score"] == max((row["score"] for row in kept), default=told["best"]["score"])
    again = told["confirmed"]
    assert again["root"] == 1 and again["judged"]["verdict"] in ("meets", "fails", "not told apart")
    runs = Folder(out / again["folder"]).read_table("runs").filter(pl.col("status") == "ok")
    mean = dict(runs.group_by("arm").agg(pl.col("civil_posts").mean()).iter_rows())
    limit = again["judged"]["statements"][1]
    assert limit["value"]["est"] == pytest.approx(mean["policy"] / mean["baseline"] - 1)
    share = dict(runs.group_by("arm").agg(pl.col("hostile_share").mean()).iter_rows())
    assert again["score"] == pytest.approx(share["baseline"] - share["policy"])


def test_the_same_command_goes_on_and_says_it_in_words(out, capsys):
    assert main([*SEARCH, *GOAL, f"out={out}"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Goal: less hostile share; at most 60 % fewer civil posts. 4 trials")
    assert "On other communities (root 1, 8 pairs) it" in said and "civil posts:" in said
    assert main([*SEARCH, "--goal", "less hostile_share", f"out={out}"]) == 2
    assert "the search in this folder has weights" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*GOAL, "lambda=1"], "lambda and --goal are two scores"),
        (["--limit", "civil_posts>=-5%"], "limits a goal that is not stated"),
        (["--goal", "less hostile_sharp"], "did you mean"),
    ],
)
def test_a_goal_that_cannot_be_read_is_refused_before_anything_runs(words, said, tmp_path, capsys):
    assert main([*SEARCH, *words, f"out={tmp_path / 'new'}"]) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "new").exists()


def test_where_no_trial_keeps_the_limits_the_nearest_is_best():
    rows = [{"score": 9.0, "broken": [0.5, -1.0]}, {"score": 1.0, "broken": [0.1, -1.0]}]
    assert best_of(rows)["score"] == 1.0
    assert best_of([*rows, {"score": 0.5, "broken": [-0.2, 0.0]}])["score"] == 0.5
