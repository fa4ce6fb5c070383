"""The process of one job: `python -m windtunnel.analysis.view.worker FOLDER` runs the command that its job.json names.

It holds a lock on the job's folder to its end, so that a server sees whether somebody works on it.
"""

import fcntl
import json
import os
import sys
from pathlib import Path

from windtunnel.analysis.terminal.progress import EVERY
from windtunnel.analysis.view.jobs import ASKED, ERRORS, EXIT, OUTPUT, PID, STOPPED

SAYS_EVERY_S = 1


def work(path: Path) -> int:
    """Run the job's command in its folder, and note its exit code; nothing is done where it has ended already."""
    handle = os.open(path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    if (path / EXIT).exists() or (path / STOPPED).exists():
        return 0
    (path / PID).write_text(str(os.getpid()))
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
    partial = path / f"{EXIT}.partial"
    partial.write_text(str(code))
    partial.replace(path / EXIT)
    return code


if __name__ == "__main__":
    sys.exit(work(Path(sys.argv[1])))
