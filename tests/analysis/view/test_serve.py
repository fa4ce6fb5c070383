"""The command prints the address first, serves until ended, and loses no work, whatever is killed."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

import pytest

from tests.waiting import PATIENCE_S, until
from windtunnel.analysis.cli import main

PROGRAM = [sys.executable, "-m", "windtunnel.analysis.cli"]


class Served:
    """`windtunnel view` as a process, and a client that has opened its address."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            [*PROGRAM, "view", ".", "--no-browser", "--port", "0"],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.address = self.process.stdout.readline().strip()
        self.own = self.address.split("/?")[0]
        jar = urllib.request.HTTPCookieProcessor(CookieJar())
        self.opener = urllib.request.build_opener(jar)
        self.home = self.opener.open(self.address, timeout=PATIENCE_S).read().decode()

    def get(self, path):
        return self.opener.open(self.own + path, timeout=PATIENCE_S).read().decode()

    def token(self, page):
        return page.split('name="form_token" value="')[1].split('"')[0]

    def ask(self, path, token, **fields):
        sent = urllib.parse.urlencode({"form_token": token, **fields}).encode()
        asked = urllib.request.Request(self.own + path, sent, {"Origin": self.own})
        return self.opener.open(asked, timeout=PATIENCE_S)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


@pytest.fixture
def serving(tmp_path):
    """`serving()`: a server over the test's folder; those that still run are ended."""
    begun = []

    def one():
        begun.append(Served(tmp_path))
        return begun[-1]

    yield one
    for each in begun:
        if each.process.poll() is None:
            each.end()


def test_the_address_is_the_first_line_and_ctrl_c_ends_it(serving):
    served = serving()
    assert served.address.startswith("http://127.0.0.1:") and "token=" in served.address
    assert "Nothing is here yet" in served.home
    assert served.end(signal.SIGINT) == 0


def test_nobody_without_the_address_is_answered(serving):
    served = serving()
    for url in (served.own, served.address, served.own + "/static/style.css"):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(url, timeout=PATIENCE_S)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "is no folder"),
        ([".", "--port", "99999"], "--port is 99999"),
        ([".", "--jobs", "0"], "--jobs is 0"),
        ([".", "--host", "999.1.1.1"], "cannot be used"),
    ],
)
def test_a_mistake_is_a_sentence(tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.chdir(tmp_path)
    assert main(["view", *words, "--no-browser"]) == 2
    assert said in capsys.readouterr().err


def pids_of(folder):
    """The workers of the folder's jobs that run."""
    found = []
    for path in folder.glob("jobs/*/pid"):
        with contextlib.suppress(OSError, ValueError):
            found.append(int(path.read_text()))
    return found


@pytest.mark.slow
def test_killed_twenty_times_a_job_ends_with_the_same_answer(serving, tmp_path, imported):
    """Server and worker are killed in the middle of a run, again and again; the tables are those of a run undisturbed."""
    words = [
        "policy=slow_mode",
        "draws=6",
        "seeds=2",
        "community.size=60",
        "steps=24",
        "dowhy=false",
        "parallel.jobs=1",
    ]
    subprocess.run([*PROGRAM, "run", *words, "out=calm"], cwd=tmp_path, check=True, capture_output=True)
    folder = tmp_path / "jobs" / "20260101-000000-abcdef"
    folder.mkdir(parents=True)
    job = {
        "words": ["run", *words, "out=shaken"],
        "title": "shaken",
        "about": {},
        "made": 1.0,
        "cwd": str(tmp_path),
    }
    (folder / "job.json").write_text(json.dumps(job))
    kills = 0
    while not (folder / "exit").exists() and kills < 20:
        served = serving()
        time.sleep(0.4 + 0.1 * kills)
        for pid in pids_of(tmp_path):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        served.process.kill()
        served.process.wait()
        kills += 1
    served = serving()
    until((folder / "exit").exists, 5 * PATIENCE_S)
    assert (folder / "exit").read_text() == "0"
    assert "shaken" in served.get("/")
    assert kills >= 5  # else nothing was disturbed
    for name in ("events", "pairs"):
        calm, shaken = (tmp_path / out / f"{name}.parquet" for out in ("calm", "shaken"))
        assert calm.read_bytes() == shaken.read_bytes()
