"""The command: exit codes, one sentence for a mistake, one JSON document where asked, nothing else in a terminal."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time

import polars as pl
import pytest

from tests.waiting import PATIENCE_S, until
from windtunnel.analysis import cli
from windtunnel.analysis.cli import main
from windtunnel.analysis.commands import list_, run
from windtunnel.analysis.terminal.ending import plain

SMALL = ["community.size=20", "steps=3", "draws=2", "seeds=1", "dowhy=false", "parallel.jobs=1"]
PROGRAM = [sys.executable, "-c", "import sys; from windtunnel.analysis.cli import main; sys.exit(main())"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Every command runs in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capsys, *words):
    """Exit code, standard output and standard error of one command, run in this process."""
    try:
        code = main(list(words))
    except SystemExit as leaving:
        code = leaving.code
    found = capsys.readouterr()
    return code, found.out, found.err


@pytest.fixture
def tables(elsewhere):
    """Tables of pairs, good and bad, by name."""
    rows = [(draw, seed, (draw + seed) % 2, int(draw == 1)) for draw in range(4) for seed in range(3)]
    good = pl.DataFrame(rows, schema=["draw", "seed", "y0", "y1"], orient="row")
    good.write_csv("good.csv")
    good.write_parquet("good.parquet")
    for name, text in {
        "columns.csv": "a,b\n1,2\n",
        "empty.csv": "",
        "header.csv": "draw,seed,y0,y1\n",
        "lost.csv": "draw,seed,y0,y1\n0,0,,\n",
        "words.csv": "draw,seed,y0,y1\n0,0,yes,no\n",
        "twice.csv": "draw,seed,y0,y1\n0,0,1,0\n0,0,1,0\n",
        "range.csv": "draw,seed,y0,y1\n0,0,2,0\n",
        "fake.parquet": "no parquet",
        "pairs.txt": "draw",
        "junk.jsonl": "no json\n",
    }.items():
        (elsewhere / name).write_text(text, encoding="utf-8")
    (elsewhere / "bytes.csv").write_bytes(b"\xff\xfe\x00\x01" * 9)
    (elsewhere / "folder").mkdir()
    for name in ("manifest.json", "estimates.json"):
        (elsewhere / "folder" / name).write_text("{half", encoding="utf-8")
    return elsewhere


MISTAKES = """
nope
--nope
run stepps=3
run policy
run policy=
run policy=slow_mod
run policy=slow_mode,thread_lock
run -m policy=slow_mode,thread_loc
run policy=[slow_mode,slow_mode]
run policy_with.thread_lock.heet=1
run policy_with.thread_lock.heat=-1
run policy_with.thread_lock.start=99
run baseline=status_qu
run community=forun
run community.size=1
run community.size=many
run community.profile=nowhere
run draws=0
run draws=true
run seeds=-1
run steps=1e3
run confidence=2
run outcome=escalatio
run outcome.threshold=nan
run outcome.horizon=-1
run mind=rule
run llm=gpt
run parallel.jobs=0
run parallel.backend=dask
run hydra.launcher._target_=os.system
run hydra/launcher=joblib
run -m hydra/launcher=nope policy=slow_mode,thread_lock
run -m hydra/launcher=joblib hydra.launcher.pre_dispatch=1 policy=slow_mode,thread_lock
run -m hydra/launcher=joblib hydra.launcher.n_jobs=two policy=slow_mode,thread_lock
run -m hydra/launcher=submitit_slurm hydra.launcher.partition=a;b policy=slow_mode,thread_lock
run -m hydra.launcher._target_=os.system policy=slow_mode,thread_lock
run -m hydra/sweeper=optuna policy=slow_mode,thread_lock
run -m hydra/job_logging=default policy=slow_mode,thread_lock
rerun
rerun nowhere
rerun folder
rerun folder seeds=3
run _target_=os.system
run ~draws
run -x
run --json
run --cfg job
run =3
run out=
run out=good.csv
run out=good.csv/deeper
demo policy=x
demo dry=maybe
report
report nowhere
report folder
report folder --json
report good.csv
estimate
estimate good.csv
estimate good.csv --direction sideways
estimate nowhere.csv --direction preventive
estimate columns.csv --direction preventive
estimate empty.csv --direction preventive
estimate header.csv --direction preventive
estimate lost.csv --direction preventive
estimate words.csv --direction preventive
estimate twice.csv --direction preventive
estimate range.csv --direction preventive
estimate bytes.csv --direction preventive
estimate fake.parquet --direction preventive
estimate pairs.txt --direction preventive
estimate folder --direction preventive
estimate good.csv --direction preventive --confidence 2 --no-dowhy
estimate good.csv --direction preventive --confidence x
estimate good.csv --direction preventive --no-dowhy --out good.csv
import
import nope good.csv made
import reddit nowhere made
import reddit junk.jsonl made
import reddit folder made
import convokit nowhere made
import convokit junk.jsonl made
import table good.csv made
import table good.csv made --map nonsense
import table good.csv made --map parent=draw
import table good.csv made --map id=nope,parent=y0,author=seed,time=y1
list
list nope
list policies --nope
models
models nope
""".strip().splitlines()


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_one_sentence_and_writes_nothing(line, tables, capsys):
    before = sorted(path.name for path in tables.rglob("*"))
    code, out, err = said(capsys, *line.split())
    assert code == 2 and out == "" and "Traceback" not in err
    sentence = err.strip().splitlines()[-1]
    assert sentence.startswith("windtunnel") and len(sentence) > 20
    if line.startswith("run"):
        assert err.count("\n") == 1
    assert sorted(path.name for path in tables.rglob("*")) == before


def test_a_run_ends_well_and_its_folder_is_reported_again(capsys, elsewhere):
    code, out, _ = said(capsys, "run", *SMALL, "out=made here")
    assert code == 0 and "thread lock" in out and "Inside this model" in out
    folder = elsewhere / "made here"
    assert {path.name for path in folder.iterdir()} >= {"manifest.json", "estimates.json", "report.html"}

    (folder / "report.html").unlink()
    code, out, _ = said(capsys, "report", "made here")
    assert code == 0 and (folder / "report.html").is_file() and "Report:" in out
    code, out, err = said(capsys, "report", "made here", "--json")
    assert code == 0 and err == "" and json.loads(out) == json.loads((folder / "estimates.json").read_text())


def test_a_sweep_makes_a_folder_a_cell_and_shares_the_worst_code(capsys, elsewhere, monkeypatch):
    real, cells = run.one_cell, []

    def second_fails(plan, folder, place):
        cells.append(plan.experiment.policy[0].name)
        real(plan, folder)
        return 3 if len(cells) == 2 else 0

    monkeypatch.setattr(run, "one_cell", second_fails)
    code, _, _ = said(capsys, "run", "-m", *SMALL, "policy=slow_mode,thread_lock,rule_reminder", "out=sweep")
    assert code == 3 and cells == ["slow_mode", "thread_lock", "rule_reminder"]
    made = sorted((elsewhere / "sweep").glob("*/manifest.json"))
    for path, name in zip(made, sorted(cells), strict=True):
        assert re.fullmatch(f"policy={name}-[0-9a-f]{{8}}", path.parent.name)
        assert json.loads(path.read_text())["config"]["policy"][0][0] == name


def test_a_sweep_with_one_wrong_value_runs_nothing(capsys, elsewhere):
    code, _, err = said(capsys, "run", "-m", *SMALL, "policy=slow_mode,thread_loc")
    assert code == 2 and "did you mean 'thread_lock'" in err and not list(elsewhere.iterdir())


def test_ctrl_c_in_one_cell_ends_the_sweep(capsys, monkeypatch):
    cells = []

    def interrupted(plan, folder, place):
        cells.append(folder)
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "one_cell", interrupted)
    code, _, err = said(capsys, "run", "-m", *SMALL, "seeds=1,2,3")
    assert code == 130 and len(cells) == 1 and err.count("interrupted") == 1


@pytest.mark.parametrize(
    ("jobs", "number", "code"), [(1, signal.SIGINT, 130), (2, signal.SIGINT, 130), (2, signal.SIGTERM, 143)]
)
def test_ctrl_c_and_sigterm_end_with_their_code_and_no_traceback(jobs, number, code, elsewhere):
    words = [
        "run",
        "community.size=300",
        "draws=300",
        "seeds=5",
        "dowhy=false",
        f"parallel.jobs={jobs}",
        "out=long",
    ]
    process = subprocess.Popen(
        [*PROGRAM, *words, "parallel.worlds=2"], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        until((elsewhere / "long").exists)
        time.sleep(1)
        os.kill(process.pid, number)
        _, err = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
    assert process.returncode == code and "Traceback" not in err
    assert err.strip().splitlines()[-1].startswith("windtunnel: interrupted")
    assert not list((elsewhere / "long").glob("*.parquet"))


def test_ctrl_c_while_python_takes_itself_down_is_no_traceback():
    """The command has done its work, and what libraries do at the very end may take a second."""
    late = (
        "import atexit, os, signal, sys; from windtunnel.analysis.cli import program\n"
        "atexit.register(os.kill, os.getpid(), signal.SIGINT); sys.exit(program())"
    )
    done = subprocess.run([sys.executable, "-c", late, "list", "policies"], capture_output=True, text=True)
    assert done.returncode == -signal.SIGINT and "slow_mode" in done.stdout and done.stderr == ""


def test_an_interruption_that_a_callback_swallowed_ends_the_run_at_its_next_step(
    elsewhere, capsys, monkeypatch
):
    from windtunnel.sim import watch
    from windtunnel.sim.communities.forum.forum import Forum

    seen, opened = [], Forum.open_step

    def swallowed(forum, world):
        opened(forum, world)
        seen.append(world.now)
        with contextlib.suppress(KeyboardInterrupt):  # as a library does with what is raised in its callback
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Forum, "open_step", swallowed)
    assert main(["run", *SMALL, "out=lost"]) == 130
    assert set(seen) == {0} and "interrupted" in capsys.readouterr().err and not watch._stops


def test_help_loads_nothing_heavy():
    script = (
        "import sys\nfrom windtunnel.analysis.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'polars', 'hydra', 'dowhy', 'mesa', 'openai', 'yaml', 'pydantic', 'scipy'} & set(sys.modules)\n"
        "sys.exit(','.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "windtunnel" in done.stdout and "run an experiment" in done.stdout


@pytest.mark.parametrize("words", [[], ["--help"], ["run", "-h"], ["estimate", "--help"]])
def test_help_is_no_mistake(words, capsys):
    code, out, _ = said(capsys, *words)
    assert code == 0 and out.startswith("usage: windtunnel")


@pytest.mark.parametrize("name", ["good.csv", "good.parquet"])
def test_a_table_of_pairs_is_estimated(name, tables, capsys):
    words = ["estimate", name, "--direction", "preventive", "--no-dowhy"]
    code, out, err = said(capsys, *words, "--json")
    record = json.loads(out)
    assert code == 0 and err == "" and record["table"] == {"n00": 5, "n01": 1, "n10": 4, "n11": 2}
    code, out, _ = said(capsys, *words, "--out", "made")
    assert code == 0 and "Inside this model" in out
    assert json.loads((tables / "made" / "estimates.json").read_text())["table"] == record["table"]


def test_the_dowhy_record_adds_nothing_to_the_json_document(tables, capfd):
    assert main(["estimate", "good.csv", "--direction", "preventive", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["dowhy"]["refuters"]


def test_dry_says_what_would_be_asked_and_writes_nothing(elsewhere, capsys):
    code, out, _ = said(capsys, "run", *SMALL, "dry=true")
    assert code == 0 and "nothing was run" in out and not list(elsewhere.iterdir())


HOSTILE = "\x1b[31mred\x1b]0;title\x07\u202eevil\u2066\x00\x9b31m\u200f[bold]"


def test_plain_text_holds_no_control_or_bidi_characters():
    assert plain(HOSTILE) == "[31mred]0;titleevil31m[bold]"
    assert plain("é ñ 漢\ttab\nline") == "é ñ 漢\ttab\nline"
    everything = "".join(map(chr, range(0x10000)))
    assert not {c for c in plain(everything) if ord(c) < 32 and c not in "\n\t"}


@pytest.mark.parametrize(
    "words",
    [
        ["run", f"policy='{HOSTILE}'"],
        ["run", f"community.profile='{HOSTILE}'"],
        ["report", HOSTILE],
        ["estimate", HOSTILE + ".csv", "--direction", "preventive"],
        ["import", "reddit", HOSTILE, "made"],
        ["list", HOSTILE],
        ["estimate", "good.csv", "--direction", "preventive", "--no-dowhy", "--outcome", HOSTILE],
    ],
)
def test_a_terminal_sees_no_hostile_characters(words, tables, capsys):
    words = [word.replace("\x00", "") for word in words]
    code, out, err = said(capsys, *words)
    assert code == (0 if words[-1] == HOSTILE.replace("\x00", "") and words[0] == "estimate" else 2)
    for character in "\x1b\x07\x9b\u202e\u2066\u200f":
        assert character not in out + err


def test_a_profile_of_hostile_words_reaches_the_terminal_plain(elsewhere, capsys):
    from windtunnel.analysis.configuration import load_profile

    profile = load_profile("reddit-feminism") | {"name": HOSTILE.replace("\x00", "")}
    (elsewhere / "profile.json").write_text(json.dumps(profile), encoding="utf-8")  # JSON is yaml
    code, out, err = said(capsys, "run", *SMALL, "community.profile=profile.json", "out=made")
    assert code == 0 and "evil" in out and "\x1b" not in out + err and "\u202e" not in out + err


def test_a_closed_pipe_is_no_mistake(capsys, monkeypatch):
    def gone(asked):
        raise BrokenPipeError

    monkeypatch.setattr(list_, "call", gone)
    monkeypatch.setattr(cli.sys, "stdout", sys.stdout)
    code, _, err = said(capsys, "list", "policies")
    assert code == 0 and err == ""


def test_a_missing_package_is_named(capsys, monkeypatch):
    def missing(asked):
        raise ModuleNotFoundError("No module named 'ray'")

    monkeypatch.setattr(list_, "call", missing)
    code, _, err = said(capsys, "list", "policies")
    assert code == 2 and "ray" in err and "Traceback" not in err


@pytest.mark.parametrize("word", ["--version", "-V"])
def test_the_version_is_the_installed_one(word, capsys):
    from importlib.metadata import version

    assert main([word]) == 0
    assert capsys.readouterr().out == f"windtunnel {version('policy-windtunnel')}\n"
