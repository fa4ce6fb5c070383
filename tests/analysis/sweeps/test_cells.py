"""The cells of a sweep: each policy with its own parameters, each cell once, all checked before the first runs."""

import json
from itertools import product
from pathlib import Path

import pytest
from joblib.externals.loky import get_reusable_executor

from windtunnel.analysis.cli import main
from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.sweeps import cells as module
from windtunnel.analysis.sweeps.cells import (
    cell_name,
    cells,
    distinct,
    next_words,
    own_words,
    planned,
    repeated,
)
from windtunnel.analysis.sweeps.cells import swept as swept_keys

SMALL = ["community.size=20", "steps=3", "draws=2", "seeds=1", "dowhy=false", "parallel.jobs=1"]
TWO = ["treatment=slow_mode,thread_lock", "++policy_with.slow_mode.hours=2,6", "root=0,1"]


def test_a_policy_s_parameters_make_no_cells_of_the_others():
    found = cells(TWO, True)
    assert len(found) == 6  # two of slow mode and one of the lock, in two communities
    assert ["treatment=thread_lock", "root=1"] in found
    assert [cell for cell in found if cell[0] == "treatment=thread_lock" and len(cell) > 2] == []


def test_policies_combined_keep_the_parameters_of_both():
    cell = [
        "policy=[slow_mode,thread_lock]",
        "policy_with.thread_lock.heat=2",
        "policy_with.slow_mode.hours=6",
    ]
    assert own_words(cell) == cell


def test_a_value_given_twice_is_said():
    assert repeated(["treatment=slow_mode,thread_lock", "root=0,1"]) == []
    (line,) = repeated(["treatment=[slow_mode,thread_lock],[slow_mode,thread_lock]", "root=range(3)"])
    assert "policy is given [slow_mode,thread_lock] more than once" in line


def test_a_cell_alone_is_left_to_the_plan_which_names_its_policy():
    one = ["policy=slow_mode", "policy_with.thread_lock.heat=2"]
    assert distinct([one]) == [one]


def test_a_parameter_that_no_cell_takes_is_refused():
    with pytest.raises(
        ValueError, match="policy_with.rule_reminder.start is set, but policy is slow_mode, thread_lock"
    ):
        cells([*TWO, "++policy_with.rule_reminder.start=2"], True)


def swept(out: str, *words: str) -> dict[str, dict]:
    policies = ["policy=slow_mode,thread_lock", "policy_with.slow_mode.hours=6"]
    assert main(["run", "-m", *SMALL, *policies, f"out={out}", *words]) == 0
    return {path.parent.name: json.loads(path.read_text()) for path in Path(out).glob("*/manifest.json")}


def test_such_a_sweep_has_the_cells_of_single_runs_with_every_launcher(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    here = swept("here")
    alone = ["policy=slow_mode", "policy_with.slow_mode.hours=6"], ["policy=thread_lock"]
    names = []
    for number, words in enumerate(alone):
        assert main(["run", *SMALL, *words, f"out=alone{number}"]) == 0
        names.append(json.loads(Path(f"alone{number}/manifest.json").read_text())["events_sha256"])
    assert sorted(one["events_sha256"] for one in here.values()) == sorted(names)
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    there = swept("there", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
    get_reusable_executor().shutdown()  # its workers stay in this folder
    assert {name: one["events_sha256"] for name, one in there.items()} == {
        name: one["events_sha256"] for name, one in here.items()
    }


def test_a_launcher_is_given_no_cell_twice(capsys, tmp_path):
    words = ["policy=slow_mode,thread_lock", "policy_with.slow_mode.hours=2,6", "hydra/launcher=basic"]
    assert main(["run", "-m", *SMALL, *words, f"out={tmp_path / 'out'}"]) == 2
    assert "one policy's parameters at a time" in capsys.readouterr().err
    assert not list(tmp_path.glob("out/*"))


def said_next(capsys, tmp_path, *words: str) -> str:
    assert main(["run", "-m", *SMALL, *words, f"out={tmp_path / 'out'}"]) == 0
    return capsys.readouterr().out.splitlines()[-1].removeprefix(f"4 cells in {tmp_path / 'out'}")


@pytest.mark.parametrize("setting", ["confidence=0.9,0.95", "parallel.worlds=1,2", "llm=fake,embedded"])
def test_after_a_sweep_nothing_is_named_that_would_be_refused(setting, capsys, tmp_path):
    """Such cells are no variants of the model."""
    said = said_next(capsys, tmp_path, "policy=slow_mode,thread_lock", setting)
    assert said == f". Next: windtunnel compare {tmp_path / 'out'}/*{setting.partition(',')[0]}[,-]*"


def test_runs_that_stop_by_a_rule_are_not_to_be_compared(capsys, tmp_path):
    assert said_next(capsys, tmp_path, "policy=slow_mode,thread_lock", "stop.precision=0.4,0.5") == "."
    each = [["stop.precision=0.4", f"treatment={name}", f"root={root}"] for name in "ab" for root in "01"]
    names = [f"policy-{number:08x}" for number in range(4)]
    said = next_words(tmp_path, each, names, ["treatment", "root"])
    assert said == f"4 cells in {tmp_path}. Next: windtunnel robustness {tmp_path}"
    policies = "slow_mode,thread_lock,rule_reminder,counterspeech"
    assert said_next(capsys, tmp_path / "one", f"policy={policies}", "stop.evidence=0.05") == "."


MANY = (
    "[rule_reminder,slow_mode,thread_lock,counterspeech,downrank_hostile,graduated_sanctions,remove_hostile]"
)


def test_cells_with_names_that_are_cut_have_a_folder_each():
    """The digits leave out what changes no run."""
    words = [f"treatment={MANY},slow_mode", "confidence=0.9,0.95", "dowhy=true,false"]
    each = cells(words, True)
    names = [cell_name(cell, swept_keys(words), "0a1b2c3d") for cell in each]
    assert len(set(names)) == 8 and max(map(len, names)) < 120
    assert sum(name.startswith("confidence=0.9,dowhy=True,policy=_rule_reminder") for name in names) == 1


def test_other_names_are_what_they_were():
    long = [f"treatment={MANY}", "root=1"]
    assert cell_name(long, ["treatment", "root"], "0a1b2c3d") == (
        "policy=_rule_reminder,slow_mode,thread_lock,counterspeech,downrank_hostile,graduated_sanctions,remov-0a1b2c3d"
    )
    short = ["treatment=slow_mode", "confidence=0.9"]
    assert (
        cell_name(short, ["treatment", "confidence"], "0a1b2c3d")
        == "policy=slow_mode,confidence=0.9-0a1b2c3d"
    )


def test_a_long_check_says_how_far_it_is(monkeypatch, capsys):
    configs = [compose([*SMALL, f"root={root}"]) for root in range(3)]
    assert [one.experiment.root for one in planned(configs, 3)] == [0, 1, 2]
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(module, "CHECKED_EVERY_S", 0.0)
    assert planned(configs, 3) == [plan(config) for config in configs]
    assert capsys.readouterr().err.splitlines() == [f"checked {n} of 3 cells" for n in (1, 2, 3)]


@pytest.mark.parametrize("value", ["../../etc/passwd", "a/b", "\x1b[31m", "$(id)", "é", ". .", "x" * 300])
def test_a_cell_s_name_is_a_plain_file_name(value):
    name = cell_name([f"community.profile={value}", "draws=3"], ["community.profile"], "0a1b2c3d")
    assert Path(name).name == name and name.endswith("-0a1b2c3d") and len(name) < 120
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789=,._-")


@pytest.mark.parametrize(
    ("swept", "next_one"),
    [
        (["treatment=a,b"], "windtunnel compare out"),
        (["treatment=a,b", "community.size=20,200"], "windtunnel robustness out or windtunnel compare out/*community.size=20[,-]*"),
        (["root=0,1"], "windtunnel robustness out"),
        (["treatment=a,b", "outcome=x,y"], "windtunnel compare out/*outcome=x[,-]*"),
        (["treatment=a,b", "community.profile=my/x,my/y"], "windtunnel robustness out"),
    ],
)  # fmt: skip
def test_what_to_type_next_follows_from_what_was_swept(swept, next_one):
    keys = [word.partition("=")[0] for word in swept]
    options = [[f"{key}={value}" for value in word.partition("=")[2].split(",")] for key, word in zip(keys, swept, strict=True)]  # fmt: skip
    each = list(product(*options))
    names = [cell_name(cell, keys, f"{number:08x}") for number, cell in enumerate(each)]
    assert next_words(Path("out"), each, names, keys) == f"{len(each)} cells in out. Next: {next_one}"
