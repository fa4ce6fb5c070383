"""Titles of threads, for who has the key of the pseudonyms; without it, or from an older import, there are none."""

from pathlib import Path

from windtunnel.analysis.incidents.forum import lookup


def titles_of(folder: Path) -> dict[int, str]:
    """The title of each thread by its number; empty where it cannot be read."""
    try:
        return lookup.titles_of(folder)
    except (ValueError, OSError):
        return {}
