"""What a shell hands over arrives whole, what is printed can be pasted back, and closed streams are no error."""

import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

from tests.waiting import PATIENCE_S
from windtunnel.analysis.cli import main
from windtunnel.analysis.configuration import compose, hydra_overrides
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.sweeps.designs import read_factors
from windtunnel.analysis.terminal.ending import with_standard_streams
from windtunnel.analysis.terminal.shell import for_hydra, pasted

ROOT = Path(__file__).resolve().parents[3]
SMALL = [
    "community.size=20",
    "steps=3",
    "draws=2",
    "seeds=1",
    "dowhy=false",
    "parallel.jobs=1",
    "policy=slow_mode",
]
NAMES = [
    *(
        "é",
        "日本",
        "a(b)",
        "a&b",
        "a=b",
        "a~b",
        "~b",
        "a,b",
        "it's",
        'a"b',
        "a b",
        "a$b",
        "${x}",
        "\\${x}",
        "\\$x",
    ),
    *(
        "a#b",
        "a;b",
        "a[b]",
        "[a]",
        "{a}",
        "a\\b",
        "a\\",
        "a!b",
        "<a>",
        "a`b",
        "a*b",
        "a?b",
        "a|b",
        "2024",
        "true",
    ),
    *("a@b", "a:b", "a%b", "-x", "+x", "1e5", "' \"", "x ' , (y) & =~"),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_and_a_profile_of_any_name_arrive_as_they_are(name):
    made = compose([f"out={name}", f"community.profile={name}", f"llm.store={name}"])
    assert (made["out"], made["community"]["profile"], made["llm"]["store"]) == (name, name, name)


@pytest.mark.parametrize("name", ["é (1) & b=c ~ , 'x' \"y\" z", "a[b]{c}"])
def test_a_run_and_a_sweep_write_read_and_name_a_folder_with_such_signs(name, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["run", *SMALL, f"out={name}"]) == 0
    assert main(["run", *SMALL, f"out={name}"]) == 0
    assert "Nothing was run" in capsys.readouterr().out
    assert main(["report", name]) == 0
    assert main(["run", "-m", *SMALL[:-1], "policy=slow_mode,none", f"out=more {name}"]) == 0
    said = capsys.readouterr().out
    words = shlex.split(said[said.index("windtunnel compare") :].splitlines()[0])
    assert words[2] == f"more {name}"
    assert main(words[1:]) == 0


def test_an_interrupted_run_says_what_can_be_pasted(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "windtunnel.analysis.runs.run_folder.run_plan", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    assert main(["run", *SMALL, "out=my run (1)"]) == 130
    assert pasted(f"out={tmp_path / 'my run (1)'}") in capsys.readouterr().err


def test_what_an_import_prints_is_taken_by_run(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = ROOT / "tests" / "fixtures" / "posts_small.csv"
    roles = "id=number,parent=answers,author=who,time=when,text=words"
    assert main(["import", "table", str(table), "mine (é, 1)", "--map", roles]) == 0
    said = capsys.readouterr().out
    word = shlex.split(said[said.index("use it with ") :].splitlines()[0].removeprefix("use it with "))[-1]
    assert main(["run", *SMALL, word, "out=made"]) == 0


def test_a_sweep_parts_names_by_commas_unless_the_whole_is_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert for_hydra("community.profile=é,b", sweep=True) == "community.profile='é',b"
    Path("a,b").mkdir()
    assert for_hydra("community.profile=a,b", sweep=True) == "community.profile='a,b'"
    assert read_factors(["out=a,b", "seeds=1,2"])[1] == ["out=a,b"]


def test_the_home_folder_is_meant_by_a_tilde():
    assert compose(["out=~/runs"])["out"] == str(Path.home() / "runs")


def test_a_sentence_may_hold_any_sign():
    said = "A forum (since 2009): cats, dogs & what's next?"
    assert compose([f"community.setting={said}"])["community"]["setting"] == said


def test_words_are_pasted_as_a_shell_takes_them():
    assert shlex.split(pasted("windtunnel", "out=it's (1)")) == ["windtunnel", "out=it's (1)"]


@pytest.mark.parametrize("key", ["policy", "baseline"])
def test_two_policies_given_one_after_the_other_are_refused(key):
    with pytest.raises(
        ValueError, match=rf"{key} is given twice, as slow_mode and as none.* {key}=\[slow_mode,none\]"
    ):
        hydra_overrides([f"{key}=slow_mode", f"{key}=none"])
    hydra_overrides([f"{key}=slow_mode", f"{key}=slow_mode"])


def test_another_setting_given_twice_is_said(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["run", *SMALL, "steps=4", "out=made"]) == 0
    assert "Note: steps is given as 3, then as 4: the last one counts." in capsys.readouterr().out


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_error(closed, tmp_path):
    words = pasted(sys.executable, "-m", "windtunnel.analysis.cli", "run", *SMALL, f"out={tmp_path / 'made'}")
    done = subprocess.run(
        ["sh", "-c", f"{words} {closed}"],
        capture_output=True, text=True, timeout=200, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0 and "Traceback" not in done.stdout + done.stderr
    assert (tmp_path / "made" / "report.html").is_file()


def test_a_refused_command_leaves_nothing_that_blocks_the_corrected_one(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(
            "windtunnel.analysis.runs.run_folder.run_plan",
            lambda *_: (_ for _ in ()).throw(ValueError("no such cluster")),
        )
        assert main(["run", *SMALL, "out=made", "root=5"]) == 2
    assert capsys.readouterr().err == "windtunnel: no such cluster\n"
    assert not Path("made/begun.json").exists()
    assert main(["run", *SMALL, "out=made"]) == 0


def test_a_folder_in_which_no_run_has_finished_blocks_nobody(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["run", *SMALL, "out=made", "root=5"]) == 0
    folder = Folder("made")
    whole = folder.read_json(folder.manifest)
    folder.write_json(folder.manifest, whole | {"failed": whole["runs"]})
    assert main(["run", *SMALL, "out=made"]) == 0
    folder.manifest.unlink()
    folder.write_json(folder.begun, {"config": whole["config"], "code_sha256": ""})
    assert main(["run", *SMALL, "out=made"]) == 0
    assert json.loads(folder.manifest.read_text())["config"]["root"] == 0


def test_a_fault_of_ours_is_a_sentence_too_and_can_be_seen_whole(monkeypatch, capsys):
    def broken(what):
        raise KeyError("policies")

    monkeypatch.setattr("windtunnel.analysis.terminal.listing.rows", broken)
    assert main(["list", "policies"]) == 1
    said = capsys.readouterr().err
    assert (
        said.startswith("windtunnel: this should not happen")
        and "KeyError: 'policies' (test_shell.py, line" in said
    )
    assert "Traceback" not in said and said.count("\n") == 1
    monkeypatch.setenv("WINDTUNNEL_TRACEBACK", "1")
    with pytest.raises(KeyError):
        main(["list", "policies"])


def test_a_folder_that_cannot_be_one_is_named_with_what_is_in_its_place(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("kept")
    Path("link").symlink_to("nowhere")
    Path("loop").symlink_to("loop")
    for out, said in {
        "file": "file is a file and no folder: name another",
        "file/x": "file is a file and no folder: name another",
        "link": "link is a link to nowhere, where nothing is: make that folder, or name another",
        "loop": "loop is a link to loop, where nothing is",
    }.items():
        assert main(["run", *SMALL, f"out={out}"]) == 2
        assert said in capsys.readouterr().err
    assert Path("file").read_text() == "kept" and not Path("nowhere").exists()


def test_bytes_that_are_no_text_are_refused_by_their_word(capsys):
    assert main(["run", *SMALL, "out=caf\udce9"]) == 2
    assert "out=caf\\udce9 holds bytes that are no text in this shell's encoding" in capsys.readouterr().err


def test_a_folder_that_is_gone_from_under_the_shell_is_said(tmp_path, capsys, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    try:
        assert main(["run", *SMALL, "out=made"]) == 2
    finally:
        os.chdir(tmp_path)
    assert "the folder that this command was given in is gone" in capsys.readouterr().err


def test_a_screen_without_these_letters_shows_their_numbers(monkeypatch):
    screen = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(screen, "ascii"))
    with_standard_streams()
    print("日本/report.html", flush=True)
    assert screen.getvalue() == rb"\u65e5\u672c/report.html" + b"\n"


def test_a_full_disk_is_named_as_such(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise pl.exceptions.ComputeError("transport error")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", refuse)
    for free, said in {0: "no space is left on its disk", 10**9: "transport error"}.items():
        monkeypatch.setattr("shutil.disk_usage", lambda _, free=free: SimpleNamespace(free=free))
        with pytest.raises(OSError, match=f"runs.parquet cannot be written .{said}"):
            Folder(tmp_path).write_table("runs", pl.DataFrame())


@pytest.mark.parametrize(
    ("around", "said"),
    [
        ({"PYTHONOPTIMIZE": "2"}, "Python runs without docstrings"),
        ({"POLARS_MAX_THREADS": "0"}, "POLARS_MAX_THREADS is '0'"),
    ],
)
def test_surroundings_that_would_break_a_library_are_named(around, said):
    command = [sys.executable, "-m", "windtunnel.analysis.cli", "list", "policies"]
    ended = subprocess.run(
        command, env={**os.environ, **around}, capture_output=True, text=True, timeout=2 * PATIENCE_S
    )
    assert ended.returncode == 2 and said in ended.stderr and "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("place", "said"),
    [("/proc/windtunnel", "/proc is the system's own"), ("https://x.org/y", "is an address")],
)
def test_places_in_which_no_folder_can_be_are_refused(place, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (
        main(
            [
                "run",
                "policy=slow_mode",
                "community.size=20",
                "steps=2",
                "draws=2",
                "seeds=1",
                "dowhy=false",
                f"out={place}",
            ]
        )
        == 2
    )
    assert said in capsys.readouterr().err and list(tmp_path.iterdir()) == []
