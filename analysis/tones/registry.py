"""Readers by name: ours, and those of other packages (entry point group `windtunnel.readers`)."""

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

import numpy as np

from windtunnel.analysis.tones.reader import Reader
from windtunnel.conf import plugins
from windtunnel.sim.communities.forum.posts import TONES

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

    Raises `ValueError` for a name that none has, and for a reader that lacks something.
    """
    known = readers()
    if name not in known:
        raise ValueError(f"no reader of tones is called {name!r}; there are {', '.join(sorted(known))}")
    return _whole(known[name](), name)


def _whole(found: Any, name: str) -> Reader:
    """The reader, if it has what `Reader` asks for; else `ValueError`."""
    lacks = [
        each for each in ("name", "version", "languages", "base", "error", "read") if not hasattr(found, each)
    ]
    if lacks:
        raise ValueError(
            f"the reader of tones {name!r} has no {', '.join(lacks)}: see analysis/tones/reader.py for what one has"
        )
    base = np.array([np.nan]) if found.base is None else np.asarray(found.base)
    if (
        base.shape != (len(TONES),)
        or base.dtype.kind not in "fiu"
        or not (base >= 0).all()
        or abs(base.sum() - 1) > 1e-2
    ):
        raise ValueError(
            f"the reader of tones {name!r} says no shares of tones where it was fitted: its base must be three numbers "
            f"({', '.join(TONES)}) that add up to 1"
        )
    return cast("Reader", found)
