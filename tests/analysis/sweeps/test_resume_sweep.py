"""A sweep given again goes on; its cells share what they can, and each counts what it asked itself."""

import json
from pathlib import Path

import pytest

from tests.small_runs import SMALL, killed_after, run
from windtunnel.agents.minds.llm import LLMMind
from windtunnel.analysis.cli import main
from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.tunnel import run_plan


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sweep(*words: str) -> int:
    return main(["run", "-m", *SMALL, "out=swept", "policy=slow_mode,thread_lock,rule_reminder", *words])


def cells() -> dict[str, dict]:
    return {path.parent.name: json.loads(path.read_text()) for path in Path("swept").glob("*/manifest.json")}


def test_a_sweep_runs_the_shared_baseline_once_and_goes_on_where_it_ended(monkeypatch, capsys):
    with monkeypatch.context() as patch:
        killed_after(2, patch)
        assert sweep() == 130
    assert len(cells()) == 2 and Path("swept/units").is_dir()
    capsys.readouterr()
    assert sweep() == 0
    assert capsys.readouterr().out.count("(finished before)") == 2
    found = sorted(cells().items())
    assert [name.rpartition("-")[0] for name, _ in found] == [
        "policy=rule_reminder",
        "policy=slow_mode",
        "policy=thread_lock",
    ]
    assert sum(one["units"]["run"] for _, one in found) == 18 + 6 + 6
    assert sum(one["units"]["shared"] for _, one in found) == 24
    assert not Path("swept/units").exists()
    for name, one in found:
        policy = name.removeprefix("policy=").rpartition("-")[0]
        alone = run_plan(plan(compose([*SMALL, f"policy={policy}"])))
        assert alone.manifest["events_sha256"] == one["events_sha256"]


def test_a_run_in_the_folder_of_an_unfinished_sweep_leaves_the_sweep_s_runs(monkeypatch, capsys):
    with monkeypatch.context() as patch:
        killed_after(1, patch)
        assert sweep() == 130
    kept = sorted(Path("swept/units").iterdir())
    assert run("policy=slow_mode", out="swept") == 0 == run("policy=slow_mode", out="swept")
    assert kept and sorted(Path("swept/units").iterdir()) == kept
    assert sweep() == 0 and not Path("swept/units").exists()


def test_a_sweep_by_joblib_has_the_cells_of_one_in_this_process(capsys):
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    assert sweep() == 0
    here = {name: one["events_sha256"] for name, one in cells().items()}
    Path("swept").rename("before")
    assert sweep("hydra/launcher=joblib", "hydra.launcher.n_jobs=2") == 0
    assert {name: one["events_sha256"] for name, one in cells().items()} == here


def test_a_folder_of_the_user_s_own_is_kept(capsys):
    assert sweep("hydra.sweep.subdir=cell${hydra:job.num}") == 0
    assert sorted(cells()) == ["cell0", "cell1", "cell2"]


def test_a_cell_that_borrows_runs_counts_only_what_it_asked():
    words = ["mind=llm", "llm=fake", "llm.store=none", "mind.drift_sample=3"]
    assert sweep(*words) == 0
    for one in cells().values():
        shared, llm = one["units"]["shared"], one["llm"]
        assert "earlier" not in llm and llm["noise_floor"]["asked"] > 0
        runs = Folder("swept").path / next(name for name, each in cells().items() if each == one)
        table = Folder(runs).read_table("runs")
        asked = table if not shared else table.filter(arm="policy")
        assert llm["questions"] == asked["decisions"].sum()


def test_cells_that_share_a_baseline_share_its_noise_floor(monkeypatch):
    real, asked = LLMMind.drift, []

    def drift(self, sample):
        asked.append(sample)
        return real(self, sample)

    monkeypatch.setattr(LLMMind, "drift", drift)
    assert sweep("mind=llm", "llm=fake", "llm.store=none", "mind.drift_sample=3") == 0
    floors = [one["llm"]["noise_floor"] for one in cells().values()]
    assert asked == [3] and len(floors) == 3
    assert all(floor == floors[0] and floor["answered"] == 3 for floor in floors)


def test_a_sweep_prints_a_line_a_cell_and_what_to_type_next(capsys):
    assert sweep() == 0
    out = capsys.readouterr().out.splitlines()
    for number, (line, policy) in enumerate(
        zip(out, ("slow_mode", "thread_lock", "rule_reminder"), strict=False), 1
    ):
        assert line.startswith(f"[{number} of 3] swept/policy={policy}-") and " of 6 futures (" in line
    assert out[3:] == ["3 cells in swept. Next: windtunnel compare swept"]
