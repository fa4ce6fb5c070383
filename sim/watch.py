"""How far a run is, told while it goes on; and whether somebody has asked it to stop."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from windtunnel.agents.minds.base import Mind

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


_stops: list[BaseException] = []


def stop_asked(error: BaseException) -> None:
    """Note that a signal asked for an end: an exception that a handler raises can be lost in a callback of a library."""
    _stops.append(error)


def forget_stops() -> None:
    """What was asked of one command is no matter of the next."""
    _stops.clear()


def raise_if_stopped() -> None:
    """Raise what `stop_asked` noted last; nothing where nobody has asked."""
    if _stops:
        raise _stops[-1]
