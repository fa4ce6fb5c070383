"""The same command in the same folder: what is there is not run again, and what was interrupted goes on."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.small_runs import SMALL, killed_after, manifest, run
from tests.waiting import PATIENCE_S, until
from windtunnel.analysis.cli import main
from windtunnel.analysis.commands import run as command
from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.folder import TABLES, Folder
from windtunnel.analysis.runs.resume import runs_of, standing
from windtunnel.analysis.tunnel import run_plan

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_interrupted_run_goes_on_and_ends_as_one_undisturbed(monkeypatch, capsys):
    assert run(out="whole") == 0
    with monkeypatch.context() as patch:
        killed_after(2, patch)
        assert run("parallel.worlds=2") == 130
    said = capsys.readouterr().err
    assert "out=" in said and "goes on with the runs that are left" in said
    assert {path.name for path in Path("made").iterdir()} == {"begun.json", "units"}
    assert run("parallel.worlds=3") == 0
    assert "12 runs were there from before; 6 were run now." in capsys.readouterr().out
    assert manifest()["events_sha256"] == manifest("whole")["events_sha256"]
    assert manifest()["units"] == {"run": 6, "kept": 12, "shared": 0}
    for name in TABLES:
        assert Folder("made").read_table(name).equals(Folder("whole").read_table(name))
    one, two = (json.loads(Path(out, "estimates.json").read_text()) for out in ("made", "whole"))
    assert one == two
    assert not Path("made/units").exists() and not Path("made/begun.json").exists()


def test_a_finished_run_is_told_again_and_nothing_is_run(monkeypatch, capsys):
    assert run() == 0
    told = capsys.readouterr().out
    files = {path: path.stat().st_mtime_ns for path in Path("made").iterdir()}
    monkeypatch.setattr(
        "windtunnel.analysis.tunnel.run", lambda *given, **named: pytest.fail("it was run again")
    )
    assert run("parallel.jobs=2", "parallel.worlds=1") == 0
    again = capsys.readouterr().out
    assert "Nothing was run" in again
    lines = [
        line for line in again.splitlines() if not line.startswith(("Nothing was run", "Note: parallel.jobs"))
    ]
    assert lines == told.splitlines()
    assert {path: path.stat().st_mtime_ns for path in Path("made").iterdir()} == files


def test_another_confidence_estimates_the_finished_runs_again_and_runs_none(monkeypatch, capsys):
    assert run(out="other") == 0 and run("confidence=0.8", out="wanted") == 0
    monkeypatch.setattr(
        "windtunnel.analysis.tunnel.run", lambda *given, **named: pytest.fail("it was run again")
    )
    assert run("confidence=0.8", out="other") == 0
    assert "estimated again" in capsys.readouterr().out
    one, two = (json.loads(Path(out, "estimates.json").read_text()) for out in ("other", "wanted"))
    assert one == two and manifest("other")["config"]["confidence"] == 0.8
    assert manifest("other")["events_sha256"] == manifest("wanted")["events_sha256"]
    for name in TABLES:
        assert Folder("other").read_table(name).equals(Folder("wanted").read_table(name))


@pytest.mark.parametrize("written", [None, 0, 1])
@pytest.mark.parametrize("confidence", [0.95, 0.8])
def test_estimating_again_may_end_anywhere_and_costs_no_run(written, confidence, monkeypatch):
    """Interrupted while it computes, or the disk is full after so many files; then either command goes on."""
    assert run() == 0 and run(f"confidence={confidence}", out="wanted") == 0
    with monkeypatch.context() as patch:
        if written is None:
            patch.setattr("windtunnel.analysis.tunnel.analysed", interrupted)
        else:
            full_after(written, patch)
        assert run("confidence=0.8") == (130 if written is None else 2)
    monkeypatch.setattr(
        "windtunnel.analysis.tunnel.run", lambda *given, **named: pytest.fail("it was run again")
    )
    assert run(f"confidence={confidence}") == 0
    one, two = (json.loads(Path(out, "estimates.json").read_text()) for out in ("made", "wanted"))
    assert one == two and one["confidence"] == confidence == manifest()["config"]["confidence"]
    assert {path.name for path in Path("made").iterdir()} == {path.name for path in Path("wanted").iterdir()}
    text = Path("made/report.md").read_text(encoding="utf-8")
    assert f"{confidence:.0%}" in text and f"{1.75 - confidence:.0%}" not in text


def interrupted(*_given: object) -> None:
    raise KeyboardInterrupt


def full_after(files: int, monkeypatch) -> None:
    """The disk is full once so many texts are written; tables count for none."""
    real = Folder.write_text

    def write(self, path, text):
        nonlocal files
        if files == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        files -= 1
        real(self, path, text)

    monkeypatch.setattr(Folder, "write_text", write)


def test_the_confidence_may_change_unless_the_run_was_stopped_by_it(capsys):
    assert run("stop.evidence=0.05", out="evidence") == 0 and run("stop.precision=0.5", out="precision") == 0
    assert run("stop.evidence=0.05", "confidence=0.8", out="evidence") == 0
    assert "estimated again" in capsys.readouterr().out
    assert run("stop.precision=0.5", "confidence=0.8", out="precision") == 2
    assert "confidence=0.95" in capsys.readouterr().err


def test_a_finished_run_without_a_complete_pair_is_not_run_again(monkeypatch, capsys):
    words = ["outcome=newcomer_return", "steps=2", "community.size=5"]
    assert run(*words) == 0 and not Path("made/estimates.json").exists()
    monkeypatch.setattr(
        "windtunnel.analysis.tunnel.run", lambda *given, **named: pytest.fail("it was run again")
    )
    assert run(*words) == 0
    assert "Nothing was run" in capsys.readouterr().out


def test_another_version_of_the_code_runs_it_again(monkeypatch, capsys):
    assert run() == 0
    path = Path("made/manifest.json")
    path.write_text(path.read_text().replace(manifest()["code_sha256"], "0" * 64), encoding="utf-8")
    assert run() == 0
    assert "Nothing was run" not in capsys.readouterr().out.split("Report:")[-2]
    assert manifest()["code_sha256"] != "0" * 64


@pytest.mark.parametrize("name", ["events.parquet", "pairs.parquet", "estimates.json"])
def test_a_finished_folder_that_is_not_whole_is_run_again(name):
    assert run() == 0
    digest = manifest()["events_sha256"]
    Path("made", name).write_bytes(b"half")
    assert run() == 0 and manifest()["events_sha256"] == digest
    assert Folder("made").read_table("pairs").height == 6
    assert standing(plan(compose(SMALL)), Folder("made")) == "finished"


def test_the_tables_give_back_the_runs_that_made_them():
    made = plan(compose(SMALL))
    folder = Folder("made")
    assert run() == 0
    before = {one.unit: one for block in command_blocks(made) for one in block.runs}
    found = runs_of(folder)
    assert [one.unit for one in found] == sorted(before)
    for one in found:
        other = before[one.unit]
        assert one.events.equals(other.events) and one.members.equals(other.members)
        assert (one.status, one.decisions, one.events_sha256) == ("ok", other.decisions, other.events_sha256)


def command_blocks(made):
    from windtunnel.sim.minds import make_mind
    from windtunnel.sim.run import run as simulated

    return list(simulated(made.experiment, make_mind))


def test_two_commands_do_not_write_one_folder(capsys):
    with Folder("made").held():
        assert run() == 2
    err = capsys.readouterr().err
    assert "another windtunnel is writing" in err and err.count("\n") == 1
    assert run() == 0


def test_a_killed_process_leaves_no_lock(elsewhere):
    script = (
        "import sys, time\nfrom windtunnel.analysis.folder import Folder\n"
        "with Folder('made').held():\n    print('held', flush=True)\n    time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "held\n"
    assert run() == 2
    process.kill()
    process.wait()
    process.stdout.close()
    assert run() == 0


def test_counts_of_a_model_are_the_run_s_and_what_was_asked_before_is_told(monkeypatch):
    words = ["mind=llm", "llm=fake", "llm.store=none", "mind.drift_sample=0", "parallel.worlds=2"]
    assert run(*words, out="whole") == 0
    with monkeypatch.context() as patch:
        killed_after(2, patch)
        assert run(*words) == 130
    assert run(*words) == 0
    whole, parts = manifest("whole")["llm"], manifest()["llm"]
    earlier = parts.pop("earlier")
    assert 0 < earlier["questions"] < parts["questions"] and 0 < earlier["calls"] < parts["calls"]
    for name in ("questions", "unique", "calls", "tokens_in", "letter_mass_mean", "thin"):
        assert parts[name] == pytest.approx(whole[name]), name
    assert manifest()["events_sha256"] == manifest("whole")["events_sha256"]


def test_no_room_is_one_sentence_and_the_command_goes_on(elsewhere, cramped):
    """A file-size limit stands for a full disk: the kernel refuses the write in the same place."""
    limit = (
        "import resource, sys\nresource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))\n"
        "from windtunnel.analysis.cli import main\nsys.exit(main(sys.argv[2:]))"
    )
    words = ["run", *SMALL, "parallel.worlds=2", "out=made"]
    assert run(out="whole") == 0
    for room in (200, 6_000, 12_000, 20_000):
        done = subprocess.run(
            [sys.executable, "-c", limit, str(room), *words],
            capture_output=True,
            text=True,
            cwd=elsewhere,
            env=cramped,
        )
        if done.returncode == 0:
            break
        assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
        assert done.stderr.strip().splitlines()[-1].startswith("windtunnel: ")
        assert not list(Path("made").rglob("*.partial"))
    assert main(words) == 0
    assert manifest()["events_sha256"] == manifest("whole")["events_sha256"]


def test_a_worker_that_is_killed_costs_its_block_alone():
    words = [
        "run",
        "community.size=150",
        "draws=12",
        "seeds=2",
        "steps=24",
        "dowhy=false",
        "parallel.worlds=1",
    ]
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from windtunnel.analysis.cli import main; sys.exit(main(sys.argv[1:]))",
        ]
        + [*words, "parallel.jobs=2", "out=made"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    until(lambda: list(Path("made").glob("units/*.runs")) and loky_workers(process.pid))
    os.kill(loky_workers(process.pid)[0], signal.SIGKILL)
    _, err = process.communicate(timeout=2 * PATIENCE_S)
    assert process.returncode == 0, err
    whole = run_plan(plan(compose([*words[1:], "parallel.jobs=1"])))
    assert manifest()["events_sha256"] == whole.manifest["events_sha256"]


def loky_workers(parent: int) -> list[int]:
    """Children of a process that are joblib's workers."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            mine = int((entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[1]) == parent
            if mine and b"popen_loky_posix" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def test_the_command_of_one_cell_takes_a_plan_and_a_folder():
    assert command.one_cell(plan(compose(SMALL)), Folder("cell")) == 0
    assert manifest("cell")["units"]["run"] == 18
