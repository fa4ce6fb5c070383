"""The event log: what happened in one run, in order, kept as columns."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

SCHEMA = {
    "draw": pl.Int32,
    "seed": pl.Int32,
    "arm": pl.String,
    "step": pl.Int32,
    "ordinal": pl.Int32,
    "member": pl.Int64,
    "kind": pl.String,
    "target": pl.Int64,
    "place": pl.Int64,
    "tone": pl.String,
    "amount": pl.Int64,
    "status": pl.String,
    "policy": pl.String,
    "text": pl.String,
}
"""Columns of `events.parquet`. What does not apply is null; a run's rows are sorted by (step, ordinal).

`tone` holds one of the levels that a community declares, `amount` a whole number in the unit that it declares.
"""

LINKS = {"draw": pl.Int32, "seed": pl.Int32, "arm": pl.String, "target": pl.Int64, "parent": pl.Int64}
"""Columns of `links.parquet`: which thing (`target` in the events) answers which."""

NOBODY = -1
"""Stands for a missing id inside arrays; null in the table."""
NO_AMOUNT = np.iinfo(np.int64).min
"""Stands for a missing amount inside arrays; null in the table."""
MEASURES = {
    "draw": pl.Int32,
    "seed": pl.Int32,
    "arm": pl.String,
    "step": pl.Int32,
    "measure": pl.String,
    "value": pl.Float64,
}
"""Columns of `measures.parquet`: what a community counts at the end of each step."""


class EventLog:
    """Rows are added in batches, one call an occasion; `frame` puts them in a table once, at the end.

    `levels` are the names that stand in `tone`, by the numbers that are added.
    """

    def __init__(self, levels: Sequence[str] = ()) -> None:
        self.levels = tuple(levels)
        self._names: list[str] = []
        self._codes: dict[str, int] = {}
        self._chunks: list[tuple[int, tuple[np.ndarray | int, ...]]] = []
        """How many rows, and their columns; what is the same in all of them stands once."""
        self._step = -1
        self._ordinal = 0
        self._rows = 0
        self._texts: dict[int, str] = {}
        self._amounts: dict[int, np.ndarray] = {}
        """By the row that they begin at."""

    def code(self, name: str | None) -> int:
        """The number that stands for a kind, status or policy name inside the log."""
        if name is None:
            return NOBODY
        if name not in self._codes:
            self._codes[name] = len(self._names)
            self._names.append(name)
        return self._codes[name]

    def codes(self, names: Sequence[str | None]) -> np.ndarray:
        """The numbers (n,) of several names; see `code`."""
        return np.array([self.code(name) for name in names], dtype=np.int16)

    def add(
        self,
        step: int,
        kind: str | np.ndarray,
        member: np.ndarray | int,
        *,
        target: np.ndarray | int = NOBODY,
        place: np.ndarray | int = NOBODY,
        tone: np.ndarray | int = NOBODY,
        amount: np.ndarray | int = NO_AMOUNT,
        status: str | np.ndarray = "done",
        policy: str | None | np.ndarray = None,
    ) -> int:
        """Add one row for each member given; scalars repeat. Arrays of kind, status, policy hold codes.

        Gives the number of the first row, by which `say` gives it its text.
        """
        members = np.atleast_1d(np.asarray(member, dtype=np.int64))
        count = len(members)
        if not count:
            return self._rows
        if step != self._step:
            self._step, self._ordinal = step, 0
        given = (
            _column(kind if not isinstance(kind, str) else self.code(kind), count, np.int16),
            _column(target, count, np.int64),
            _column(place, count, np.int64),
            _column(tone, count, np.int8),
            _column(status if not isinstance(status, str) else self.code(status), count, np.int16),
            _column(
                self.code(policy) if policy is None or isinstance(policy, str) else policy, count, np.int16
            ),
        )
        self._chunks.append((count, (step, self._ordinal, members, *given)))
        self._ordinal += count
        if isinstance(amount, np.ndarray) or amount != NO_AMOUNT:
            self._amounts[self._rows] = np.broadcast_to(np.asarray(_column(amount, count, np.int64)), count)
        self._rows += count
        return self._rows - count

    def say(self, row: int, text: str) -> None:
        """What was written in the act of this row."""
        self._texts[row] = text

    def __len__(self) -> int:
        return self._rows

    def _amount_column(self) -> np.ndarray:
        whole = np.full(self._rows, NO_AMOUNT, np.int64)
        for start, amounts in self._amounts.items():
            whole[start : start + len(amounts)] = amounts
        return whole

    def frame(self, draw: int, seed: int, arm: str) -> pl.DataFrame:
        """The run's events as a table with the columns of `SCHEMA`."""
        if not self._chunks:
            return pl.DataFrame(schema=SCHEMA)
        counts = [count for count, _ in self._chunks]
        step, first, member, kind, target, place, tone, status, policy = (
            _joined(counts, parts, dtype)
            for parts, dtype in zip(
                zip(*(columns for _, columns in self._chunks), strict=True), _KINDS, strict=True
            )
        )
        count = len(step)
        begin = np.repeat(np.cumsum(counts) - counts, counts)
        ordinal = (first + np.arange(count) - begin).astype(np.int32)
        texts = [self._texts.get(row) for row in range(count)] if self._texts else [None]
        columns = (
            *_same(count, draw, seed, arm),
            pl.Series("step", step),
            pl.Series("ordinal", ordinal),
            _nullable("member", member, NOBODY),
            _named("kind", kind, self._names),
            _nullable("target", target, NOBODY),
            _nullable("place", place, NOBODY),
            _named("tone", tone, self.levels),
            _nullable("amount", self._amount_column(), NO_AMOUNT),
            _named("status", status, self._names),
            _named("policy", policy, self._names),
            pl.Series("text", texts, pl.String) if self._texts else _repeated("text", None, count),
        )
        return pl.DataFrame(columns)


def links(unit: tuple[int, int, str], targets: np.ndarray, parents: np.ndarray) -> pl.DataFrame:
    """The table of what answers what in one run, with the columns of `LINKS`; ids, in the order written."""
    ids = (pl.Series(name, ids, pl.Int64) for name, ids in (("target", targets), ("parent", parents)))
    return pl.DataFrame([*_same(len(targets), *unit), *ids])


def measured(unit: tuple[int, int, str], steps: Sequence[tuple[int, Mapping[str, float]]]) -> pl.DataFrame:
    """The table of what was counted in one run, with the columns of `MEASURES`, in the order of steps."""
    rows = [(step, name, float(value)) for step, values in steps for name, value in values.items()]
    counted, names, numbers = zip(*rows, strict=True) if rows else ((), (), ())
    return pl.DataFrame(
        [
            *_same(len(rows), *unit),
            pl.Series("step", counted, pl.Int32),
            pl.Series("measure", names, pl.String),
            pl.Series("value", numbers, pl.Float64),
        ]
    )


def digest(events: pl.DataFrame) -> str:
    """SHA-256 of one run's events as comma-separated text, the run's fingerprint; arms with the same events have the same."""
    events = events.drop("arm", strict=False)
    text = hashlib.sha256(events.head(0).write_csv().encode())
    for part in events.iter_slices(1 << 16):  # the text of a large run would take gigabytes
        text.update(part.write_csv(include_header=False).encode())
    return text.hexdigest()


_KINDS = (np.int32, np.int32, np.int64, np.int16, np.int64, np.int64, np.int8, np.int16, np.int16)
"""Of the columns of a chunk: step, first ordinal, member, kind, target, place, tone, status, policy."""


def _column(value: Any, count: int, kind: type) -> np.ndarray | int:
    """A column of a chunk: an array (n,) as it is, or the number that all rows have."""
    if isinstance(value, np.ndarray) and value.shape == (count,):
        return value.astype(kind, copy=False)
    return value if isinstance(value, int) else np.full(count, value, kind)


def _joined(counts: Sequence[int], parts: Sequence[np.ndarray | int], kind: type) -> np.ndarray:
    """A column of all chunks, one after the other."""
    alike = [part if not isinstance(part, np.ndarray) else 0 for part in parts]
    out: np.ndarray = np.repeat(np.array(alike, kind), counts)
    end = 0
    for count, part in zip(counts, parts, strict=True):
        end += count
        if isinstance(part, np.ndarray):
            out[end - count : end] = part
    return out


def _same(count: int, draw: int, seed: int, arm: str) -> list[pl.Series]:
    """The columns that say which run a table is of."""
    unit: dict[str, int | str] = {"draw": draw, "seed": seed, "arm": arm}
    return [_repeated(name, value, count) for name, value in unit.items()]


def _repeated(name: str, value: int | str | None, count: int) -> pl.Series:
    return pl.Series(name, [value], SCHEMA[name]).new_from_index(0, count)


def _nullable(name: str, values: np.ndarray, missing: int) -> pl.Series:
    series = pl.Series(name, values)
    return series.set(series == missing, None) if (values == missing).any() else series


def _named(name: str, codes: np.ndarray, names: Sequence[str]) -> pl.Series:
    table = pl.Series(name, [*names, None], dtype=pl.String)
    return table.gather(np.where(codes == NOBODY, len(names), codes).astype(np.uint32))
