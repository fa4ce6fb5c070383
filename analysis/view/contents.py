"""What is in a folder: communities, runs, sweeps and searches, found by the files that the commands write; links are not followed."""

import json
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.numbers_in_words import number

COMMUNITY, RUN, SWEEP, SEARCH = "community", "run", "sweep", "search"
DEEPEST = 4
"""How many folders deep is looked."""
_CELL = re.compile(r"(.+=.*-)?[0-9a-f]{8}|[0-9]{1,4}")
NOT_LOOKED_IN = {"units", "jobs", "uploads", "__pycache__"}


class Thing(NamedTuple):
    """A community, a run, a sweep or a search: where it lies, what it is, and when it was last written (seconds since 1970)."""

    path: Path
    name: str
    kind: str
    when: float


def contents(folder: Path) -> list[Thing]:
    """Everything in the folder, the newest first; cells of a sweep are part of their sweep."""
    return sorted(_found(str(folder), ".", 0), key=lambda thing: thing.when, reverse=True)


def _found(folder: str, name: str, depth: int) -> Iterator[Thing]:
    """The things in a folder that is called `name` from the top; of thousands, so that paths are made of what is found alone."""
    try:
        with os.scandir(folder) as listed:
            entries = list(listed)
    except OSError:
        return
    names = {entry.name for entry in entries if not entry.is_symlink()}
    if "posts.parquet" in names:
        yield Thing(Path(folder), name, COMMUNITY, _when(f"{folder}/posts.parquet"))
    elif "manifest.json" in names or "begun.json" in names:
        written = "manifest.json" if "manifest.json" in names else "begun.json"
        yield Thing(Path(folder), name, RUN, _when(f"{folder}/{written}"))
        return
    if "search.sqlite" in names:
        yield Thing(Path(folder), name, SEARCH, _when(f"{folder}/search.sqlite"))
        return
    below = [entry for entry in entries if _is_looked_in(entry)]
    if name != "." and any(_is_cell(entry.path) for entry in below):
        yield Thing(Path(folder), name, SWEEP, max(_when(entry.path) for entry in below))
        return
    if depth < DEEPEST:
        for entry in below:
            yield from _found(entry.path, entry.name if name == "." else f"{name}/{entry.name}", depth + 1)


def _is_looked_in(entry: "os.DirEntry[str]") -> bool:
    return (
        entry.name not in NOT_LOOKED_IN
        and not entry.name.startswith(".")
        and entry.is_dir(follow_symlinks=False)
    )


def _is_cell(path: str) -> bool:
    """Whether this is a run in a folder that is named as a cell of a sweep is: by what is swept and a hash, or by a number."""
    if not _CELL.fullmatch(path.rpartition("/")[2]):
        return False
    return Path(path, "manifest.json").exists() or Path(path, "begun.json").exists()


def _when(path: str) -> float:
    try:
        return Path(path).stat().st_mtime
    except OSError:
        return 0.0


class Told(NamedTuple):
    """A thing in words: its state, a sentence, and how many bytes it holds."""

    state: str
    words: str
    size: int


def told(thing: Thing) -> Told:
    """What a list says of a thing; files that cannot be read are said to be so."""
    try:
        return Told(*_told(thing), _size(thing.path))
    except (OSError, ValueError) as error:
        return Told("unreadable", str(error)[:200], 0)
    except (KeyError, TypeError, AttributeError, IndexError):
        return Told("unreadable", "its manifest.json is not one that `windtunnel run` writes", 0)


def _told(thing: Thing) -> tuple[str, str]:
    folder = Folder(thing.path)
    if thing.kind == COMMUNITY:
        source = thing.path / "import.json"
        if not source.is_file():
            return "imported", "posts of a community"
        found = read(source)
        return (
            "imported",
            f"{number(found.get('posts', 0), 'post')} in {number(found.get('threads', 0), 'thread')}, {found.get('format', '')}",
        )
    if thing.kind == SEARCH:
        if not folder.search.is_file():
            return "unfinished", "a search that has not ended"
        found = read(folder.search)
        return "finished", f"{number(found['trials'], 'trial')}, {found['objective']['words']}"
    if thing.kind == SWEEP:
        cells = [path for path in sorted(thing.path.iterdir()) if _is_cell(str(path))]
        without = len(folder.cells_without_a_result())
        state = "unfinished" if without else "finished"
        return state, f"{number(len(cells), 'cell')}{f', {without} without a result' if without else ''}"
    if not folder.manifest.is_file():
        return "unfinished", "begun, and not finished"
    seen = folder.manifest.stat()
    return _of_run(str(folder.manifest), seen.st_mtime_ns, seen.st_size)


@lru_cache(maxsize=20_000)
def _of_run(path: str, changed: int, size: int) -> tuple[str, str]:
    """A run's state and words, which are short; its manifest is not kept for a list."""
    from windtunnel.analysis.summary import compared

    manifest = _object(path)
    state = f"{manifest.get('failed')} failed" if manifest.get("failed") else "finished"
    return state, compared(manifest)


def read(path: Path) -> dict[str, Any]:
    """The object in a JSON file, kept as long as the file is the same."""
    seen = path.stat()
    return _read(str(path), seen.st_mtime_ns, seen.st_size)


@lru_cache(maxsize=64)
def _read(path: str, changed: int, size: int) -> dict[str, Any]:
    return _object(path)


def _object(path: str) -> dict[str, Any]:
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError(f"{Path(path).name} holds no JSON object")
    return content


def _size(folder: Path) -> int:
    """Bytes of the files of a folder and of those just below it."""
    total = 0
    for entry in os.scandir(folder):
        if entry.is_file(follow_symlinks=False):
            total += entry.stat(follow_symlinks=False).st_size
        elif entry.is_dir(follow_symlinks=False):
            total += sum(
                one.stat(follow_symlinks=False).st_size
                for one in os.scandir(entry.path)
                if one.is_file(follow_symlinks=False)
            )
    return total
