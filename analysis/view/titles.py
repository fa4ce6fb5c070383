"""Titles of threads, for who has the key of the pseudonyms; without it, or of an older import, there are none."""

from functools import lru_cache
from pathlib import Path

import polars as pl

from windtunnel.analysis.importers.key import secret_of
from windtunnel.analysis.importers.sealing import SOURCES, TITLE, read_sources, seal_of


def titles_of(folder: Path) -> dict[int, str]:
    """The title of each thread by its number; empty where it cannot be read."""
    try:
        seen = (folder / SOURCES).stat()
        return _titles(str(folder), seen.st_mtime_ns)
    except (OSError, ValueError, KeyError):
        return {}


@lru_cache(maxsize=2)
def _titles(path: str, changed: int) -> dict[int, str]:
    from windtunnel.analysis.importers.forgotten import read_source

    folder = Path(path)
    secret = secret_of(folder, "titles", "a thread's number")
    seal = seal_of(secret, read_source(folder)["community"])
    rows = read_sources(folder).filter(pl.col("kind") == TITLE)
    return {number: seal.open(TITLE, number, sealed) for _, number, sealed in rows.iter_rows()}
