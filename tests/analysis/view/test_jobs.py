"""Jobs are folders: a server that is gone takes nothing with it, and the next one goes on."""

import json
import os
import signal
import subprocess
import sys
from fcntl import LOCK_EX, flock

import pytest

from tests.waiting import until
from windtunnel.analysis.view.jobs import HERE, Jobs
from windtunnel.analysis.view.worker import work


def waited(jobs, name):
    until(lambda: jobs.pump() or not jobs.one(name).is_open)
    return jobs.one(name)


def test_a_job_is_written_before_it_is_started(site):
    job = site.jobs.add(["list", "policies"], "Policies", {"kind": "list"})
    assert job.state == "waiting" and job.command == "windtunnel list policies"
    other = Jobs(site.jobs.root, site.jobs.shown)
    assert [each.name for each in other.all()] == [job.name]


def test_the_same_twice_is_one_job(site):
    one = site.jobs.add(["list", "policies", HERE], "Policies", {})
    two = site.jobs.add(["list", "policies", HERE], "Policies", {})
    assert one.name == two.name and len(site.jobs.all()) == 1


def test_a_job_runs_and_says_what_it_printed(site, monkeypatch):
    monkeypatch.undo()
    jobs = Jobs(site.jobs.root, site.jobs.shown)
    job = waited(jobs, jobs.add(["list", "policies", "--json"], "Policies", {}).name)
    assert job.state == "done"
    assert "slow_mode" in {row["name"] for row in job.answer()}


def test_a_job_that_fails_says_why_and_may_go_on(site, browser):
    job = site.jobs.add(["incidents", "nowhere"], "Incidents", {})
    subprocess.run([sys.executable, "-m", "windtunnel.analysis.view.worker", str(job.path)], check=False)
    job = site.jobs.one(job.name)
    assert job.state == "failed" and "nowhere" in job.said
    page = browser.get(f"/jobs/{job.name}")
    assert page.status_code == 200 and "nowhere" in page.text and "Go on" in page.text
    assert browser.send_form(f"/jobs/{job.name}/again").status_code == 303
    assert site.jobs.one(job.name).state == "waiting"


def test_a_job_that_somebody_works_on_is_running(site):
    job = site.jobs.add(["list", "policies"], "Policies", {})
    handle = os.open(job.path, os.O_RDONLY)
    flock(handle, LOCK_EX)
    assert site.jobs.one(job.name).state == "running"
    os.close(handle)
    assert site.jobs.one(job.name).state == "waiting"


def test_a_job_that_waits_can_be_stopped_and_is_not_begun(site, browser):
    job = site.jobs.add(["list", "policies"], "Policies", {})
    assert browser.send_form(f"/jobs/{job.name}/stop").status_code == 303
    assert site.jobs.one(job.name).state == "stopped"
    assert work(job.path) == 0 and not (job.path / "exit").exists()


def test_a_server_that_is_killed_leaves_its_job_to_the_next(site, tmp_path):
    """The worker outlives its parent; where it is killed too, the next server starts it again."""
    job = site.jobs.add(["list", "settings", "--json"], "Settings", {})
    killed = (
        "import os, sys; from pathlib import Path; from windtunnel.analysis import cli; from windtunnel.analysis.view import worker\n"
        "cli.main = lambda words: os.kill(os.getpid(), 9)\n"
        "worker.work(Path(sys.argv[1]))"
    )  # in the middle of its command, however quick that is
    begun = subprocess.run([sys.executable, "-c", killed, str(job.path)], start_new_session=True, check=False)
    assert begun.returncode == -signal.SIGKILL and (job.path / "pid").exists()
    assert site.jobs.one(job.name).state == "waiting"
    following = Jobs(site.jobs.root, site.jobs.shown)
    following.pump()
    assert waited(following, job.name).state == "done"
    assert following.one(job.name).answer()


@pytest.mark.parametrize("name", ["x", "../x", "20260101-000000-abcdef", "%2e%2e", "a" * 500])
def test_a_job_that_there_is_not_is_a_sentence(browser, name):
    answer = browser.get(f"/jobs/{name}")
    assert answer.status_code in (400, 404) and "Traceback" not in answer.text


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"words": 1}', '{"words": [], "title": "x", "about": [1], "made": 1}']
)
def test_a_damaged_job_is_left_out(site, browser, content):
    folder = site.jobs.root / "20260101-000000-abcdef"
    folder.mkdir(parents=True)
    (folder / "job.json").write_text(content)
    assert browser.get("/").status_code == 200
    assert site.jobs.all() == []


def test_what_a_job_said_is_shown_as_words(site, browser):
    job = site.jobs.add(["list", "policies"], "<script>alert(1)</script>", {})
    (job.path / "errors.txt").write_text("<img src=x onerror=alert(1)>\x1b[31m 20% done\n")
    for path in ("/", f"/jobs/{job.name}", f"/jobs/{job.name}/progress", "/jobs"):
        html = browser.get(path).text
        assert "<script>alert" not in html and "<img" not in html and "\x1b" not in html
    assert json.loads((job.path / "job.json").read_text())["title"].startswith("<script>")
    assert site.jobs.one(job.name).share == 0.2
