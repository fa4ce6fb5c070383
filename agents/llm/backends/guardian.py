"""Runs a command for as long as the process that asked for it lives, and leaves none of its processes behind.

    python guardian.py SECONDS COMMAND [ARGUMENT …]

It stands between a run and its server, with the standard library alone. When its standard input closes (the run
ended, or was killed), the command and all its descendants are told to end; what still lives after so many
seconds is killed. When the command ends by itself, the guardian cleans up and ends with the command's exit code.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

KILLING_S = 10.0
_PDEATHSIG, _SUBREAPER = 1, 36  # prctl(2), Linux


def main(grace_s: float, command: list[str]) -> int:
    """Run `command`, in a group of its own, until it ends or our standard input does."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _ask_to_stop)
    _prctl(_SUBREAPER, 1)  # descendants that lose their parent become ours, whatever group they are in
    try:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=_die_with_parent
        )
    except OSError as error:
        print(f"{command[0]} cannot be run: {error.strerror}", file=sys.stderr, flush=True)
        return 127
    try:
        while child.poll() is None and not _closed(sys.stdin.fileno(), 0.25):
            pass
    except _Stop:
        pass
    return _end(child, grace_s)


def _end(child: "subprocess.Popen[bytes]", grace_s: float) -> int:
    """Terminate, wait, kill; gives the exit code the command had, or 0 if it was we who ended it."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    by_itself = child.poll() is not None
    _signal_group(child.pid, signal.SIGTERM)
    until = time.monotonic() + grace_s
    while time.monotonic() < until and _left(child):
        time.sleep(0.05)
    until = time.monotonic() + KILLING_S
    while time.monotonic() < until and (left := _left(child)):
        _signal_group(child.pid, signal.SIGKILL)
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.05)
    return child.returncode if by_itself else 0


def _left(child: "subprocess.Popen[bytes]") -> list[int]:
    """Living processes that came of the command; those that have ended are reaped."""
    child.poll()
    with contextlib.suppress(ChildProcessError):
        while child.returncode is not None and os.waitpid(-1, os.WNOHANG)[0]:
            pass
    if Path("/proc/self/stat").exists():
        return _descendants(os.getpid())
    try:
        os.killpg(child.pid, 0)
    except (ProcessLookupError, PermissionError):
        return []
    return [child.pid]


def _descendants(root: int) -> list[int]:
    """Children of `root`, their children and so on, without the ended ones, as /proc lists them."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    children.setdefault(int(parent), []).append(int(folder.name))
    found, todo = [], [root]
    while todo:
        more = children.get(todo.pop(), [])
        found += more
        todo += more
    return found


def _closed(descriptor: int, seconds: float) -> bool:
    """Whether the other end was closed, waiting at most so long."""
    ready, _, _ = select.select([descriptor], [], [], seconds)
    return bool(ready) and not os.read(descriptor, 4096)


class _Stop(BaseException):
    """A signal asked the guardian to stop."""


def _ask_to_stop(number: int, frame: FrameType | None) -> None:
    raise _Stop


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _die_with_parent() -> None:
    """Should the guardian itself be killed, the command is too."""
    _prctl(_PDEATHSIG, signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
