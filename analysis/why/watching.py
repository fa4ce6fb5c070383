"""How far an answer is, on a terminal: the worlds that a question lives, and what tells of their steps."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from windtunnel.analysis.progress import shown
from windtunnel.sim.watch import Progress

_told: list[Progress] = []


def tell(steps: int, worlds: int = 0) -> None:
    """So many steps of worlds were lived, and so many worlds to their end."""
    for progress in _told:
        progress("steps", steps)
        progress("worlds", worlds)


@contextmanager
def watched(worlds: int, steps_each: int) -> Iterator[None]:
    """While it lasts, a terminal shows how many of these worlds are lived and the time that is left; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield
        return
    with shown(worlds * steps_each, worlds) as progress:
        _told.append(progress)
        try:
            yield
        finally:
            _told.remove(progress)
