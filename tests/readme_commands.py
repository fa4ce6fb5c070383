"""Runs the commands that README.md, or the file given, shows in a temporary folder; blocks marked `no-run` are only read."""

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def commands(document: str = "README.md") -> list[str]:
    """The windtunnel and python lines of a document's plain `sh` blocks; `make` is run by whoever calls this."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / document).read_text(encoding="utf-8"), re.M | re.S)
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("make ")]


def main() -> int:
    """Run each; the first that fails ends it with its output."""
    bin_folder = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "examples").symlink_to(ROOT / "examples")
        for command in commands(*sys.argv[1:]):
            began = time.monotonic()
            path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
            done = subprocess.run(
                shlex.split(command),
                cwd=folder,
                capture_output=True,
                text=True,
                env={**os.environ, "PATH": path},
            )
            print(f"{time.monotonic() - began:6.1f} s  {command}", flush=True)
            if done.returncode:
                print(done.stdout + done.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
