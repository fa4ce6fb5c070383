"""Members of one world as columns: who they are, when they came and left, what became of them."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

NEVER = np.iinfo(np.int32).max


@dataclass
class Members:
    """n members, one row each; a row is a place in these arrays, an id names the member for ever.

    `rate` is in active steps an hour (inf: always), `persona` a row of the scene's personas, `departs` when the member
    drifts away by itself (empty: never), `left` the first step without it. By name, each (n,): `traits` are fixed before a run, so that
    they are equal in both arms; `groups` hold the name of the group that a member belongs to; `summaries` may change.
    """

    id: np.ndarray
    joined: np.ndarray
    rate: np.ndarray
    persona: np.ndarray
    departs: np.ndarray = field(default_factory=lambda: np.empty(0, np.int32))
    traits: dict[str, np.ndarray] = field(default_factory=dict)
    groups: dict[str, np.ndarray] = field(default_factory=dict)
    summaries: dict[str, np.ndarray] = field(default_factory=dict)
    left: np.ndarray = field(init=False)
    away_until: np.ndarray = field(init=False)
    active_steps: np.ndarray = field(init=False)
    first_active: np.ndarray = field(init=False)
    last_active: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        count = len(self.id)
        if not len(self.departs):
            self.departs = np.full(count, NEVER, np.int32)
        self.left = self.departs.astype(np.int32)
        self.away_until = np.zeros(count, np.int32)
        self.active_steps = np.zeros(count, np.int32)
        self.first_active = np.full(count, -1, np.int32)
        self.last_active = np.full(count, -1, np.int32)

    def __len__(self) -> int:
        return len(self.id)

    def present(self, step: int) -> np.ndarray:
        """Bool (n,): has come, has not left, and is not kept away."""
        return (self.joined <= step) & (self.left > step) & (self.away_until <= step)

    def note_active(self, rows: np.ndarray, step: int) -> None:
        """Note that these members (rows, each once) decided in a step."""
        self.active_steps[rows] += 1
        self.last_active[rows] = step
        fresh = rows[self.first_active[rows] < 0]
        self.first_active[fresh] = step

    def frame(
        self,
        draw: int,
        seed: int,
        arm: str,
        personas: tuple[str, ...],
        until: int = NEVER - 1,
    ) -> pl.DataFrame:
        """The table of `members.parquet` for a run of `until` steps; a departure after it is not told."""
        columns: dict[str, np.ndarray] = {
            "member": self.id,
            **self.groups,
            "persona": np.array(personas, dtype=object)[self.persona].astype(str),
            "rate": self.rate,
            **self.traits,
            "joined": self.joined,
            "left": np.where(self.left > until, -1, self.left),
            "active_steps": self.active_steps,
            "first_active": self.first_active,
            "last_active": self.last_active,
            **self.summaries,
        }
        table = [pl.Series(name, values) for name, values in columns.items()]
        table = [
            one.set(one < 0, None) if one.name in ("left", "first_active", "last_active") else one
            for one in table
        ]
        unit = (("draw", draw, pl.Int32), ("seed", seed, pl.Int32), ("arm", arm, pl.String))
        run = [pl.Series(name, [value], kind).new_from_index(0, len(self)) for name, value, kind in unit]
        return pl.DataFrame([*run, *table])
