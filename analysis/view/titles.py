"""Titles of threads, for who has the key of the pseudonyms; without it, or from an older import, there are none."""

from functools import lru_cache
from pathlib import Path

from windtunnel.analysis.importers.people.sealing import SOURCES
from windtunnel.analysis.incidents.forum import lookup


def titles_of(folder: Path) -> dict[int, str]:
    """The title of each thread by its number; empty where it cannot be read."""
    try:
        return _titles(str(folder), (folder / SOURCES).stat().st_mtime_ns)
    except (ValueError, OSError):
        return {}


@lru_cache(maxsize=4)
def _titles(folder: str, changed: int) -> dict[int, str]:
    return lookup.titles_of(Path(folder))
