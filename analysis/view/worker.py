"""The process of one job: `python -m windtunnel.analysis.view.worker FOLDER` runs the command that its job.json names.

It holds a lock on the job's folder to its end, so that a server sees whether somebody works on it. The room for how it ended is taken
beforehand, so that a full disk is said, too, and the job is not begun again and again.
"""

import contextlib
import fcntl
import json
import os
import sys
from pathlib import Path

from windtunnel.analysis.terminal.progress import EVERY
from windtunnel.analysis.view.jobs import ASKED, ERRORS, EXIT, OUTPUT, PARTIAL, PID, STOPPED

SAYS_EVERY_S = 1
ROOM = 512
"""Bytes kept for the exit code and a sentence."""


def work(path: Path) -> int:
    """Run the job's command in its folder, and note its exit code; nothing is done where it has ended already."""
    handle = os.open(path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    if (path / EXIT).exists() or (path / STOPPED).exists():
        return 0
    try:
        (path / PARTIAL).write_text(" " * ROOM)
        (path / PID).write_text(str(os.getpid()))
    except OSError as error:  # not even that: the server tries again later
        print(error, file=sys.stderr)
        return 1
    try:
        code, said = _run(path), ""
    except OSError as error:  # what was printed could not be written
        code, said = 1, f"{error.strerror or error}: nothing is lost, and Go on does what is left"
    _ended(path, code, said)
    return code


def _run(path: Path) -> int:
    asked = json.loads((path / ASKED).read_text(encoding="utf-8"))
    os.chdir(asked["cwd"])
    os.environ[EVERY] = str(SAYS_EVERY_S)
    for number, name in ((1, OUTPUT), (2, ERRORS)):
        file = os.open(path / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, number)
        os.close(file)
    from windtunnel.analysis.cli import main

    code = main(asked["words"])
    sys.stdout.flush()
    return code


def _ended(path: Path, code: int, said: str) -> None:
    """Write the code, and a sentence where it could not be printed, over the room that is kept; then give it its name."""
    with (path / PARTIAL).open("r+b") as file:
        file.write(f"{code}\n{said}\n".encode()[:ROOM])
        file.truncate()
    (path / PARTIAL).replace(path / EXIT)
    if said:
        with contextlib.suppress(OSError):  # Python writes what is left over once more at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


if __name__ == "__main__":
    sys.exit(work(Path(sys.argv[1])))
