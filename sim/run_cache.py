"""Finished runs kept in a folder, so that a command given again, or the next cell of a sweep, does not run them twice.

A block's good runs stand in one file: a line that names the format, the header's length, the header (JSON), its
tables (Parquet), and the SHA-256 of all before it. It is written under a temporary name and renamed; a file
that is not whole, or not what was written, is never read as good. Failed runs are not kept.
"""

import contextlib
import hashlib
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from windtunnel.agents.llm.costs.counts import NAMES
from windtunnel.sim.block import Block, Run
from windtunnel.sim.experiment import Experiment, Unit
from windtunnel.sim.identity import Keys, hashed

MAGIC = b"windtunnel finished runs 2\n"
SUFFIX = ".runs"
PARTIAL = ".partial"
TABLES = ("events", "members", "links", "measures")
COUNTED = ("decisions", "thin", *NAMES)
"""What a mind's record counts for its block; a cell that borrows a block's run has asked none of it."""


class Place(NamedTuple):
    """Where a kept run is: its file, and which of the runs in it."""

    file: Path
    number: int


class Header(NamedTuple):
    """Of a file: the experiment that wrote it, and the keys of its runs, in order."""

    owner: str
    keys: tuple[str, ...]


class Kept:
    """The finished runs of one folder, found by their keys; several commands may share the folder.

    The folder is looked through once. What `take` and `keep` have given back is not given again, so that an
    experiment run in parts counts each block's record once.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._places: dict[str, Place] = {}
        self._owners: dict[Path, str] = {}
        self._told: set[Path] = set()
        self._last: tuple[Experiment, Keys] | None = None
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            with contextlib.suppress(OSError):  # what cannot be opened now may be whole
                self._note(path, _header(path))

    def take(self, experiment: Experiment, units: Sequence[Unit]) -> Iterator[Block]:
        """Blocks of those of these runs that are kept: `kept` from this experiment itself, `shared` from another.

        The record of a `kept` block is that of everything asked in it; of a `shared` one all counts are 0.
        """
        keys = self._keys(experiment)
        wanted: dict[Path, list[Unit]] = {
            path: []
            for path, owner in self._owners.items()
            if owner == keys.experiment and path not in self._told
        }
        numbers = {}
        for unit in units:
            place = self._places.get(keys.of(unit))
            if place is not None:
                wanted.setdefault(place.file, []).append(unit)
                numbers[unit] = place.number
        for path, inside in wanted.items():
            own = self._owners.get(path) == keys.experiment
            whole = own and path not in self._told
            if not inside and not (whole and self._is_only_a_record(path)):
                continue
            try:
                block = _read(path, [numbers[unit] for unit in inside])
            except OSError:  # what cannot be opened now may be whole
                self._forget(path)
                continue
            if block is None:
                self._remove(path)
                continue
            self._told.add(path)
            record = block.record if whole else _nothing_asked(block.record)
            yield block._replace(record=record, cpu_s=0.0, origin="kept" if own else "shared", file=path)

    def keep(self, experiment: Experiment, block: Block) -> Block:
        """Write the block's good runs, and say where; `OSError` where there is no room, and nothing is left of the file then."""
        good = [run for run in block.runs if run.status == "ok"]
        if not good and not block.record.get("calls"):
            return block
        keys = self._keys(experiment)
        names = [keys.of(run.unit) for run in good]
        path = self.folder / f"{hashed([keys.experiment, names, block.record.get('calls')])[:32]}{SUFFIX}"
        partial = path.with_suffix(f".{os.getpid()}{PARTIAL}")
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_bytes(_packed(keys.experiment, names, good, block))
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        self._note(path, Header(keys.experiment, tuple(names)))
        self._told.add(path)
        return block._replace(file=path)

    def drop(self, blocks: Iterable[Block]) -> None:
        """Remove the files that these blocks, taken or kept here, are in."""
        for path in {block.file for block in blocks if block.file is not None}:
            self._remove(path)

    def clear_unused(self) -> None:
        """Remove everything kept, and the folder; files of other kinds stay."""
        for path in [*self.folder.glob(f"*{SUFFIX}"), *self.folder.glob(f"*{PARTIAL}")]:
            path.unlink(missing_ok=True)
        self._places, self._owners = {}, {}
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    def _keys(self, experiment: Experiment) -> Keys:
        """Its keys, made once: a language model is asked for its template."""
        if self._last is None or self._last[0] is not experiment:
            self._last = experiment, Keys(experiment)
        return self._last[1]

    def _is_only_a_record(self, path: Path) -> bool:
        return not any(place.file == path for place in self._places.values())

    def _note(self, path: Path, header: Header | None) -> None:
        if header is None:
            path.unlink(missing_ok=True)
            return
        self._owners[path] = header.owner
        for number, key in enumerate(header.keys):
            self._places.setdefault(key, Place(path, number))

    def _remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._forget(path)

    def _forget(self, path: Path) -> None:
        self._owners.pop(path, None)
        self._places = {key: place for key, place in self._places.items() if place.file != path}


def _packed(owner: str, keys: Sequence[str], runs: Sequence[Run], block: Block) -> bytes:
    """The bytes of a file."""
    tables = (
        [_parquet([getattr(run, name) for run in runs]) for name in TABLES] if runs else [b""] * len(TABLES)
    )
    header = {
        "owner": owner,
        "runs": [
            {
                "key": key,
                "unit": list(run.unit),
                "decisions": run.decisions,
                "events_sha256": run.events_sha256,
                "rows": [len(getattr(run, name)) for name in TABLES],
            }
            for key, run in zip(keys, runs, strict=True)
        ],
        "bytes": [len(table) for table in tables],
        "record": block.record,
    }
    text = json.dumps(header).encode()
    body = b"".join((MAGIC, len(text).to_bytes(8, "big"), text, *tables))
    return body + hashlib.sha256(body).digest()


def _parquet(parts: Iterable[pl.DataFrame]) -> bytes:
    made = io.BytesIO()
    pl.concat(list(parts)).write_parquet(made)
    return made.getvalue()


def _header(path: Path) -> Header | None:
    """What a file says it holds, not yet checked; None for one that is no file of ours, `OSError` if it cannot be read."""
    stands = path.stat()
    return _header_as_of(path, stands.st_mtime_ns, stands.st_size)


@lru_cache(maxsize=100_000)
def _header_as_of(path: Path, changed_ns: int, size: int) -> Header | None:
    """As `_header`; the next cell of a sweep looks through the same files, which are read again only when they change."""
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                return None
            length = int.from_bytes(file.read(8), "big")
            if length > size:
                return None
            told = json.loads(file.read(length))
            if not {"owner", "runs", "bytes", "record"} <= set(told):
                return None
            return Header(told["owner"], tuple(run["key"] for run in told["runs"]))
    except (ValueError, TypeError, KeyError):
        return None


def _read(path: Path, numbers: Sequence[int]) -> Block | None:
    """These of a file's runs, in its order, and its record; None if a byte of it is not what was written."""
    content = path.read_bytes()
    body, check = content[:-32], content[-32:]
    if hashlib.sha256(body).digest() != check or not body.startswith(MAGIC):
        return None
    begin = len(MAGIC) + 8
    end = begin + int.from_bytes(body[len(MAGIC) : begin], "big")
    header = json.loads(body[begin:end])
    record = header["record"]
    if "mass_by_question" in record:
        record["mass_by_question"] = {int(key): share for key, share in record["mass_by_question"].items()}
    tables = []
    for length in header["bytes"] if numbers else ():
        tables.append(pl.read_parquet(io.BytesIO(body[end : end + length])))
        end += length
    starts, picked = [0] * len(TABLES), []
    for number, run in enumerate(header["runs"]):
        if number in numbers:
            events, members, links, measures = (
                table.slice(start, rows)
                for table, start, rows in zip(tables, starts, run["rows"], strict=True)
            )
            told = run["decisions"], events, members, links, run["events_sha256"], measures
            picked.append(Run(Unit(*run["unit"]), "ok", None, None, *told))
        starts = [start + rows for start, rows in zip(starts, run["rows"], strict=True)]
    return Block(picked, record, 0.0)


def _nothing_asked(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record that describes the mind and counts nothing."""
    told = {key: 0 if key in COUNTED else value for key, value in record.items()}
    return {key: None if key.startswith("letter_mass") else value for key, value in told.items()} | (
        {"mass_by_question": {}} if "mass_by_question" in told else {}
    )
