"""Where files cannot grow any more a job says so in one sentence, loses nothing, and goes on with room; pages live on."""

import functools
import resource
import subprocess
import sys
import threading

import polars as pl
import pytest

from tests.waiting import PATIENCE_S
from windtunnel.analysis.cli import main
from windtunnel.analysis.view import jobs as jobs_module

WORKER = [sys.executable, "-m", "windtunnel.analysis.view.worker"]


def limited(bytes_of_a_file):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_of_a_file, bytes_of_a_file))


@pytest.fixture
def worked(cramped):
    """`worked(job, room)`: the job's worker, run to its end where no file may have more than so many bytes."""

    def worked(job, room=None):
        start = limited(room) if room is not None else None
        return subprocess.run(
            [*WORKER, str(job.path)], check=False, preexec_fn=start, capture_output=True, env=cramped
        )

    return worked


def test_a_printed_answer_that_does_not_fit_is_said_in_a_sentence(site, browser, worked):
    job = site.jobs.add(["list", "settings", "--json"], "Settings", {})
    worked(job, 600)
    job = site.jobs.one(job.name)
    assert job.state == "failed" and "File too large" in job.said
    page = browser.get(f"/jobs/{job.name}")
    assert page.status_code == 200 and "File too large" in page.text and "Go on" in page.text
    assert "Traceback" not in page.text + job.output()
    browser.send_form(f"/jobs/{job.name}/again")
    assert worked(job).returncode == 0
    assert len(site.jobs.one(job.name).answer()) > 20


@pytest.mark.slow
def test_a_run_that_finds_no_room_goes_on_with_room_and_is_the_same(site, worked):
    words = ["run", "policy=slow_mode", "draws=2", "seeds=1", "community.size=30", "steps=10", "dowhy=false"]
    assert main([*words, "out=calm"]) == 0
    job = site.jobs.add([*words, "out=cramped"], "cramped", {})
    for room in (700, 5_000, 20_000):
        worked(job, room)
        now = site.jobs.one(job.name)
        assert now.state == "failed" and "too large" in now.said, now.said
        assert "Traceback" not in now.said
        site.jobs.again(job.name)
    assert worked(job).returncode == 0 and site.jobs.one(job.name).state == "done"
    for name in ("events", "pairs"):
        calm, cramped = (
            pl.read_parquet(site.folder / out / f"{name}.parquet") for out in ("calm", "cramped")
        )
        assert calm.equals(cramped)


@pytest.mark.slow
def test_a_disk_without_a_free_byte_is_said_too(site, browser, worked):
    """A file system of 64 kB in memory, filled up: neither the answer nor a sentence can be printed there."""
    site.jobs.root.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(site.jobs.root)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system needs root")
    try:
        job = site.jobs.add(["list", "settings", "--json"], "Settings", {})
        filler = (site.jobs.root / "filler").open("wb", buffering=0)
        filler.write(
            b"x" * 52_000
        )  # leaves three pages: what the worker keeps, its number, and a page of output
        worked(job)
        now = site.jobs.one(job.name)
        assert now.state == "failed" and "No space left" in now.said, (now.state, now.said)
        answer = browser.send_form("/back-end/probe")
        assert answer.status_code == 400 and browser.get("/").status_code == 200
        filler.truncate(0)
        subprocess.run(["mount", "-o", "remount,size=2m", str(site.jobs.root)], check=True)
        site.jobs.again(job.name)
        worked(job)
        assert site.jobs.one(job.name).answer()
    finally:
        subprocess.run(["umount", "-l", str(site.jobs.root)], check=False)


@pytest.mark.slow
def test_a_run_on_a_disk_that_fills_up_says_so_and_goes_on_to_the_same_end(site, browser, worked):
    """Where the run is written has 96 kB: the job says in a sentence that no space is left, and Go on ends as on a large disk."""
    disk = site.folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system needs root")
    words = ["run", "policy=slow_mode", "draws=2", "seeds=1", "community.size=30", "steps=8", "dowhy=false"]
    try:
        assert main([*words, "out=calm"]) == 0
        job = site.jobs.add([*words, "out=disk/cramped"], "cramped", {})
        worked(job)
        now = site.jobs.one(job.name)
        assert now.state == "failed" and "No space left" in now.said, (now.state, now.said)
        page = browser.get(f"/jobs/{job.name}").text
        assert "No space left" in page and "Go on" in page and "Traceback" not in page
        subprocess.run(["mount", "-o", "remount,size=50m", str(disk)], check=True)
        site.jobs.again(job.name)
        assert worked(job).returncode == 0 and site.jobs.one(job.name).state == "done"
        for name in ("events", "pairs"):
            both = [
                pl.read_parquet(site.folder / out / f"{name}.parquet") for out in ("calm", "disk/cramped")
            ]
            assert both[0].equals(both[1])
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


def test_a_form_that_cannot_be_kept_is_a_sentence_and_leaves_nothing(site, browser, monkeypatch):
    def full(self, path, content):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("windtunnel.analysis.folder.Folder.write_json", full)
    answer = browser.send_form("/back-end", {"kind": "rules"})
    assert answer.status_code == 500 and "No space left on device" in answer.text
    with pytest.raises(OSError, match="No space"):
        site.jobs.add(["list", "policies"], "Policies", {})
    assert site.jobs.all() == [] and browser.get("/").status_code == 200


def test_a_process_that_always_dies_is_not_begun_for_ever(site, monkeypatch):
    """As one that the kernel kills for want of memory."""
    clock = [0.0]
    monkeypatch.setattr(jobs_module.time, "monotonic", lambda: clock[0])
    started = []

    def dies(path):
        started.append(clock[0])
        made = subprocess.Popen(["sh", "-c", "kill -9 $$"])
        made.wait()
        return made

    monkeypatch.setattr(jobs_module, "_started", dies)
    job = site.jobs.add(["list", "policies"], "Policies", {})
    pump = functools.partial(jobs_module.Jobs.pump, site.jobs)
    for second in range(200):
        clock[0] = float(second)
        pump()
    assert len(started) == 5 and started == sorted(started)
    gaps = [after - before for before, after in zip(started, started[1:], strict=False)]
    assert gaps == sorted(gaps) and gaps[-1] > 2 * gaps[0]
    now = site.jobs.one(job.name)
    assert now.state == "failed" and "5 times without an answer" in now.said
    site.jobs.again(job.name)
    pump()
    assert len(started) == 6


def test_a_slow_disk_holds_up_nobody_else(site, browser, monkeypatch):
    """While one page waits for the disk, others are answered."""
    job = site.jobs.add(["list", "policies"], "Policies", {})
    read, waits, comes = site.jobs._read, threading.Event(), threading.Event()

    def slow(name):
        waits.set()
        assert comes.wait(PATIENCE_S), "the other page was held up"
        return read(name)

    monkeypatch.setattr(site.jobs, "_read", slow)
    with browser:
        late = threading.Thread(target=browser.get, args=(f"/jobs/{job.name}",))
        late.start()
        assert waits.wait(PATIENCE_S)
        assert browser.get("/static/style.css").status_code == 200
        assert late.is_alive() and not comes.is_set()
        comes.set()
        late.join()
