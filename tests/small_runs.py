"""A small run by its command, for tests: into a folder here, looked at, and ended before its time."""

import json
from pathlib import Path

from windtunnel.analysis.cli import main
from windtunnel.sim.run_cache import Kept

SMALL = ["community.size=20", "steps=4", "draws=3", "seeds=2", "dowhy=false", "parallel.jobs=1"]


def run(*words: str, out: str = "made") -> int:
    return main(["run", *SMALL, f"out={out}", *words])


def manifest(out: str = "made") -> dict:
    return json.loads((Path(out) / "manifest.json").read_text(encoding="utf-8"))


def killed_after(blocks: int, monkeypatch, error: type[BaseException] = KeyboardInterrupt) -> None:
    """The next command ends by `error` once it has kept so many blocks."""
    real = Kept.keep

    def keep(self, experiment, block):
        nonlocal blocks
        if blocks == 0:
            raise error
        blocks -= 1
        return real(self, experiment, block)

    monkeypatch.setattr(Kept, "keep", keep)
