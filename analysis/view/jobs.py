"""Jobs: commands of `windtunnel` that run beside the server, and outlive it.

A job is a folder with `job.json` (what was typed). A worker of its own process group holds a lock on the folder while it works,
and leaves `output.txt`, `errors.txt` and at the end `exit`. So any server sees what became of it, and starts again what nobody
works on: a run goes on with the runs that are left, a question is answered as it would have been.
"""

import contextlib
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from fcntl import LOCK_NB, LOCK_SH, flock
from pathlib import Path
from typing import Any, NamedTuple

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.terminal.shell import pasted

OUTPUT, ERRORS, EXIT, PID, STOPPED, ASKED = "output.txt", "errors.txt", "exit", "pid", "stopped", "job.json"
PARTIAL = f"{EXIT}.partial"
LOOK = "look"
"""The kind of jobs that somebody waits for at an open page: one of them runs beside the others, and no list has them."""
HERE = "{job}"
"""In a job's words: its own folder."""
WAITING, RUNNING, DONE, FAILED, STOPPED_STATE = "waiting", "running", "done", "failed", "stopped"
_NAME = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")
LEADS = ("page", "back")
"""What of a job's `about` is an address."""
MOST_DEATHS = 5
DIED = (
    "its process ended {} times without an answer, killed from outside or for want of memory or of room on the disk; "
    "what it had finished is kept, and Go on begins it again"
)
TAIL = 4000
"""Bytes of what a job said that are read for its last line."""


class Job(NamedTuple):
    """One job as its folder tells it. `about` says what a page needs to find it again: its kind, a folder, a thread."""

    name: str
    path: Path
    words: list[str]
    title: str
    about: dict[str, Any]
    made: float
    state: str
    said: str

    @property
    def command(self) -> str:
        """What does the same on the command line."""
        return pasted("windtunnel", *self.words)

    @property
    def is_open(self) -> bool:
        return self.state in (WAITING, RUNNING)

    @property
    def share(self) -> float | None:
        """How far it says that it is, from 0 to 1; None where it has not said yet."""
        if found := re.search(r"(\d+)% done", self.said):
            return int(found[1]) / 100
        if found := re.search(r"(\d+) of (\d+) steps", self.said) or re.search(
            r"^\[(\d+) of (\d+)\]", self.said
        ):
            return int(found[1]) / max(int(found[2]), 1)
        return None

    def output(self) -> str:
        """What it printed."""
        return _text(self.path / OUTPUT)

    def answer(self) -> Any:
        """What it printed as JSON; None where that is none, or not there yet."""
        try:
            return json.loads(self.output())
        except (ValueError, RecursionError):
            return None


class Jobs:
    """The jobs of one folder; every method reads what is on the disk, so two servers and two windows see the same."""

    def __init__(self, root: Path, shown: str, at_once: int = 2) -> None:
        self.root, self.shown, self.at_once = root, shown, at_once
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._deaths: dict[str, tuple[int, float]] = {}
        """How often a job's process ended without an answer, and when the next may be started (seconds, monotonic)."""
        self._lock = threading.Lock()

    def add(self, words: Sequence[str], title: str, about: Mapping[str, Any]) -> Job:
        """Begin a job, or give the one that does the same already and did not fail. `{job}` in a word is the job's
        folder, in `about` its name."""
        if self.root.is_symlink():
            raise ValueError(
                f"{self.root.name} in this folder is a link: nothing is written through it, put a folder there"
            )
        with self._lock:
            for job in self._all():
                if self._same(job, words) and job.state in (WAITING, RUNNING, DONE):
                    return job
            name = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
            told = [word.replace(HERE, f"{self.shown}/{name}") for word in words]
            folder = Folder(self.root / name)
            asked = {
                "words": told,
                "title": title,
                "about": {
                    key: value.replace(HERE, name) if isinstance(value, str) else value
                    for key, value in about.items()
                },
                "made": time.time(),
                "cwd": str(Path.cwd()),
            }
            try:
                folder.write_json(folder.path / ASKED, asked)
            except OSError:
                with contextlib.suppress(OSError):
                    folder.path.rmdir()
                raise
        self.pump()
        return self.one(name)

    def _same(self, job: Job, words: Sequence[str]) -> bool:
        return job.words == [word.replace(HERE, f"{self.shown}/{job.name}") for word in words]

    def all(self) -> list[Job]:
        """Every job, the newest first."""
        return sorted(self._all(), key=lambda job: job.made, reverse=True)

    def newest(self, count: int) -> list[Job]:
        """The newest first, so many at most, without looks; older ones are not read, however many there are."""
        found: list[Job] = []
        for name in sorted(self._names(), reverse=True):  # a name begins with its time
            if len(found) == count:
                break
            if (job := self._read(name)) is not None and job.about.get("kind") != LOOK:
                found.append(job)
        return sorted(found, key=lambda job: job.made, reverse=True)

    def about(self, **wanted: Any) -> list[Job]:
        """The jobs whose `about` has these values, the newest first."""
        return [
            job for job in self.all() if all(job.about.get(name) == value for name, value in wanted.items())
        ]

    def one(self, name: str) -> Job:
        """The job called so; `ValueError` where there is none."""
        found = self._read(name)
        if found is None:
            raise ValueError(f"there is no job {name[:40]!r} in this folder: Home lists those that there are")
        return found

    def stop(self, name: str) -> None:
        """End a job and its processes; what it finished is kept, and it can go on."""
        job = self.one(name)
        if not job.is_open:
            return
        (job.path / STOPPED).touch()
        if _is_held(job.path) and (group := _group(job.path)) is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGTERM)

    def again(self, name: str) -> None:
        """Let a job that failed or was stopped go on."""
        job = self.one(name)
        if job.is_open or job.state == DONE:
            return
        for each in (STOPPED, EXIT):
            (job.path / each).unlink(missing_ok=True)
        self._deaths.pop(name, None)
        self.pump()

    def forget(self, name: str) -> None:
        """Drop a job that has ended, with what it printed."""
        job = self.one(name)
        if not job.is_open:
            shutil.rmtree(job.path, ignore_errors=True)

    def pump(self) -> None:
        """Start what waits, as many at once as may run; called now and then."""
        with self._lock:
            for name, child in list(self._children.items()):
                if child.poll() is not None:
                    del self._children[name]
                    self._died(name)
            jobs = sorted((job for job in self._all() if job.is_open), key=lambda job: job.made)
            for looks, most in ((True, 1), (False, self.at_once)):
                some = [job for job in jobs if (job.about.get("kind") == LOOK) == looks]
                running = {job.name for job in some if job.state == RUNNING or job.name in self._children}
                for job in some:
                    if len(running) < most and job.name not in running and self._may_start(job.name):
                        self._children[job.name] = _started(job.path)
                        running.add(job.name)

    def _died(self, name: str) -> None:
        """Note that a worker is gone; one that left no answer is started again later and later, and at last no more."""
        path = self.root / name
        if _state(path) != WAITING:
            self._deaths.pop(name, None)
            return
        count = self._deaths.get(name, (0, 0.0))[0] + 1
        self._deaths[name] = (count, time.monotonic() + 2.0**count)
        if count >= MOST_DEATHS:
            with contextlib.suppress(OSError):
                (path / PARTIAL).write_text(f"1\n{DIED.format(count)}\n")
                (path / PARTIAL).replace(path / EXIT)

    def _may_start(self, name: str) -> bool:
        return time.monotonic() >= self._deaths.get(name, (0, 0.0))[1]

    def _all(self) -> list[Job]:
        return [job for name in self._names() if (job := self._read(name)) is not None]

    def _names(self) -> list[str]:
        if self.root.is_symlink():
            return []
        try:
            return [entry.name for entry in os.scandir(self.root) if _is_job(entry)]
        except OSError:
            return []

    def _read(self, name: str) -> Job | None:
        path = self.root / name
        if not _NAME.fullmatch(name) or self.root.is_symlink() or path.is_symlink():
            return None
        if not (path / ASKED).is_file():
            return None
        try:
            asked = json.loads((path / ASKED).read_text(encoding="utf-8"))
            words, title, about = list(asked["words"]), str(asked["title"]), dict(asked["about"])
            made = float(asked["made"])
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return None
        about |= {key: local(str(about[key])) for key in LEADS if about.get(key)}
        _, _, ended = _text(path / EXIT).partition("\n")
        return Job(
            name, path, words, title, about, made, _state(path), ended.strip() or last_line(path / ERRORS)
        )


def local(path: str) -> str:
    """A path of this server; Home for everything else.

    >>> local("/sweep?out=a"), local("//elsewhere"), local("javascript:a")
    ('/sweep?out=a', '/', '/')
    """
    fits = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if fits else "/"


def _is_job(entry: "os.DirEntry[str]") -> bool:
    return _NAME.fullmatch(entry.name) is not None and not entry.is_symlink()


def _group(path: Path) -> int | None:
    """The process group of a job's worker; None where none is noted, or one that is not to be ended from here."""
    text = _text(path / PID)
    if not re.fullmatch(r"[1-9][0-9]{0,9}", text):
        return None
    return int(text) if int(text) not in (1, os.getpgrp()) else None


def _state(path: Path) -> str:
    code, _, _ = _text(path / EXIT).partition("\n")
    if code:
        ended = DONE if code == "0" else FAILED
        return STOPPED_STATE if ended == FAILED and (path / STOPPED).exists() else ended
    if _is_held(path):
        return RUNNING
    return STOPPED_STATE if (path / STOPPED).exists() else WAITING


def _is_held(path: Path) -> bool:
    """Whether a worker holds the lock on a job's folder."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        flock(handle, LOCK_SH | LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False


def _started(path: Path) -> "subprocess.Popen[bytes]":
    """A worker in a session of its own, so that it outlives the server."""
    return subprocess.Popen(
        [sys.executable, "-m", "windtunnel.analysis.view.worker", str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def last_line(path: Path) -> str:
    """The last line that a file has; empty where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(file.tell() - TAIL, 0))
            lines = file.read().decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].strip() if lines else ""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
