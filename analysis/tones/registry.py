"""Readers by name: ours, and those of other packages (entry point group `windtunnel.readers`)."""

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from windtunnel.analysis.tones.reader import Reader
from windtunnel.conf import plugins

GROUP = "windtunnel.readers"


def readers() -> dict[str, Callable[[], Reader]]:
    """Every reader's name and what makes it; ours are not replaced by another package's."""
    from windtunnel.analysis.tones.english import EnglishReader
    from windtunnel.analysis.tones.words import WordsReader

    found = {each.name: _loader(each) for each in entry_points(group=GROUP)}
    return {**found, "words": WordsReader, "english": EnglishReader}


def _loader(point: EntryPoint) -> Callable[[], Reader]:
    """What makes another package's reader; it is loaded when it is first asked for."""

    def wrong(found: Any) -> str:
        return "" if callable(found) else "is nothing that can be called to make a reader"

    return lambda: plugins.load("reader of tones", point, wrong)()


def reader(name: str) -> Reader:
    """The reader of that name.

    Raises `ValueError` for a name that none has.
    """
    known = readers()
    if name not in known:
        raise ValueError(f"no reader of tones is called {name!r}; there are {', '.join(sorted(known))}")
    return known[name]()
