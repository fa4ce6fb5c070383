"""Readers by name: ours, and those of other packages (entry point group `windtunnel.readers`)."""

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

import numpy as np

from windtunnel.analysis.tones.reader import Error, Reader
from windtunnel.conf import plugins
from windtunnel.sim.communities.forum.posts import TONES

GROUP = "windtunnel.readers"
SEE = 'see "A reader of your own" in docs/tones.md'


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

    def make() -> Reader:
        made = plugins.load("reader of tones", point, wrong)
        try:
            return cast("Reader", made())
        except Exception as error:
            said = (str(error).splitlines() or [""])[0]
            raise ValueError(
                f"the reader of tones {point.name!r} cannot be made by {point.value}() without arguments: "
                f"{type(error).__name__}: {said}"
            ) from error

    return make


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
        raise ValueError(f"the reader of tones {name!r} has no {', '.join(lacks)}: {SEE}")
    if not callable(found.read) or not all(isinstance(each, str) for each in (found.name, found.version)):
        raise ValueError(
            f"the reader of tones {name!r} must have a name and a version as text, and a method read: {SEE}"
        )
    codes = found.languages
    if isinstance(codes, str) or not all(isinstance(code, str) and len(code) == 2 for code in codes):
        raise ValueError(
            f"the reader of tones {name!r} says languages {codes!r}: give a tuple of codes of two letters, as ('en',), or () for every language"
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
    if found.error is not None and not isinstance(found.error, Error):
        raise ValueError(
            f"the reader of tones {name!r} says an error that is none: give None, and it is examined, or "
            "Error(uncivil_auc, hostile_auc, posts, measured_on) of windtunnel.analysis.tones.reader"
        )
    return cast("Reader", found)
