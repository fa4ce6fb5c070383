"""Members of one world as columns: who they are, when they came and left, what they have seen."""

from dataclasses import dataclass, field

import mesa
import numpy as np
import polars as pl

from windtunnel.sim import noise
from windtunnel.sim.luck import Luck

NEVER = np.iinfo(np.int32).max
ARRIVAL = 10**9
"""The newcomer whom founder i's place brings at step t has the id (t + 1) * ARRIVAL + i, in every arm."""


@dataclass
class Members:
    """n members, one row each; a row is a place in these arrays, an id names the member for ever.

    `rate` is in active steps an hour, `departs` is when the member drifts away by itself, `left` the
    first step without it, `exposures` is (n, tones).
    """

    id: np.ndarray
    joined: np.ndarray
    rate: np.ndarray
    persona: np.ndarray
    newcomer_until: np.ndarray
    departs: np.ndarray
    traits: dict[str, np.ndarray]
    tones: int = 3
    left: np.ndarray = field(init=False)
    away_until: np.ndarray = field(init=False)
    active_steps: np.ndarray = field(init=False)
    first_active: np.ndarray = field(init=False)
    last_active: np.ndarray = field(init=False)
    exposures: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        count = len(self.id)
        self.left = self.departs.astype(np.int32)
        self.away_until = np.zeros(count, np.int32)
        self.active_steps = np.zeros(count, np.int32)
        self.first_active = np.full(count, -1, np.int32)
        self.last_active = np.full(count, -1, np.int32)
        self.exposures = np.zeros((count, self.tones), np.int32)
        self.began_new = self.newcomer_until > self.joined

    def __len__(self) -> int:
        return len(self.id)

    def present(self, step: int) -> np.ndarray:
        """Bool (n,): has come, has not left, and is not kept away."""
        return (self.joined <= step) & (self.left > step) & (self.away_until <= step)

    def note_active(self, rows: np.ndarray, step: int) -> None:
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
        tones: tuple[str, ...],
        until: int = NEVER - 1,
    ) -> pl.DataFrame:
        """The table of `members.parquet` for a run of `until` steps; a departure after it is not told."""
        table = pl.DataFrame(
            {
                "member": self.id,
                "group": np.where(self.began_new, "newcomer", "regular"),
                "persona": np.array(personas, dtype=object)[self.persona].astype(str),
                "rate": self.rate,
                **self.traits,
                "joined": self.joined,
                "left": np.where(self.left > until, -1, self.left),
                "active_steps": self.active_steps,
                "first_active": self.first_active,
                "last_active": self.last_active,
                **{f"saw_{tone}": self.exposures[:, column] for column, tone in enumerate(tones)},
            }
        )
        missing = [
            pl.when(pl.col(name) < 0).then(None).otherwise(pl.col(name)).alias(name)
            for name in ("left", "first_active", "last_active")
        ]
        place = {"draw": draw, "seed": seed, "arm": arm}
        columns = [
            pl.lit(value).cast(pl.String if name == "arm" else pl.Int32).alias(name)
            for name, value in place.items()
        ]
        return table.with_columns(*missing).select(*columns, pl.all())


def arrivals(luck: Luck, size: int, chance_per_step: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Ids and first steps of everyone who joins in steps 1 … steps-1, the same in both arms.

    Each founder's place brings somebody with `chance_per_step`, so a larger community gets more arrivals
    and one founder more changes nobody else's.
    """
    founders = np.arange(size)
    ids, joined = [np.empty(0, np.int64)], [np.empty(0, np.int32)]
    if chance_per_step > 0:
        for step in range(1, steps):
            places = founders[noise.uniform(luck.at(step), "arrive", step, founders) < chance_per_step]
            ids.append((step + 1) * ARRIVAL + places)
            joined.append(np.full(len(places), step, np.int32))
    return np.concatenate(ids), np.concatenate(joined)


class Member(mesa.Agent):
    """A thin handle on one row of `Members`, made when somebody asks for it; it holds no state of its own."""

    def __init__(self, model: mesa.Model, members: Members, row: int) -> None:
        super().__init__(model)
        self._members, self._row = members, row

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        column = getattr(self._members, name, None)
        if column is None:
            column = self._members.traits.get(name)
        if not isinstance(column, np.ndarray):
            raise AttributeError(f"a member has no {name!r}")
        return column[self._row]
