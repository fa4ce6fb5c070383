"""How far a run is, told while it goes on."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from agents.minds.base import Mind

Progress = Callable[[str, int], None]
"""Called with "steps", "kept" (steps of runs that were kept), "worlds", "questions" (asked of a model) or "hits" (known
to its store), and how many more."""


@contextmanager
def watched(mind: Mind, progress: Progress | None, every_s: float = 0.5) -> Iterator[None]:
    """Tell `progress`, while the block lasts, how many questions the mind has asked and how many it knew."""
    if progress is None or not hasattr(mind, "asked"):
        yield
        return
    done, told = threading.Event(), Counter[str]()

    def tell() -> None:
        for what, number in mind.asked().items():
            progress(what, number - told[what])
            told[what] = number

    def watch() -> None:
        while not done.wait(every_s):
            tell()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        tell()
