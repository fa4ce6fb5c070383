"""What a run, and a block of runs stepped together, give back."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from windtunnel.sim.events import MEASURES
from windtunnel.sim.experiment import Unit


@dataclass
class Run:
    """One finished (or failed) run: its events, its members, its fingerprint, what was counted at each step."""

    unit: Unit
    status: str  # "ok" or "failed"
    stage: str | None
    reason: str | None
    decisions: int
    events: pl.DataFrame
    members: pl.DataFrame
    links: pl.DataFrame
    events_sha256: str
    measures: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=MEASURES))


class Block(NamedTuple):
    """What a block of worlds gives back; `record` is the mind's, for this block alone.

    `origin` is `run` for what was simulated now, `kept` for runs that an earlier command finished, `shared` for those
    of another cell of a sweep. `process` is the id of the one that simulated it, `file` the one that its runs are kept in.
    """

    runs: list[Run]
    record: dict[str, Any]
    cpu_s: float
    origin: str = "run"
    process: int | None = None
    file: Path | None = None


def in_order(blocks: Iterable[Block]) -> list[Run]:
    """The runs of these blocks by draw, seed and arm."""
    return sorted((run for block in blocks for run in block.runs), key=lambda run: run.unit)
