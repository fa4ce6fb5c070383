"""How far an answer is, and about how long it will still take: on standard error, a bar on a terminal, else a line now and then."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from windtunnel.analysis.terminal.progress import every_s, left_words

Note = Callable[[int], None]
"""Called with how many more moments of futures have been lived."""


@contextmanager
def watching(total: int) -> Iterator[Note]:
    """A callback for `total` moments of futures."""
    if sys.stderr.isatty():
        yield from _bar(total)
    else:
        yield from _lines(total)


def _bar(total: int) -> Iterator[Note]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("living futures", total=total)
        yield lambda more: bars.advance(task, more)


def _lines(total: int) -> Iterator[Note]:
    began = last = time.monotonic()
    done = 0

    def note(more: int) -> None:
        nonlocal last, done
        done += more
        now = time.monotonic()
        if now - last < every_s():
            return
        last, share = now, min(done / total, 1.0)
        left = (now - began) * (1 - share) / share
        print(f"living futures: {share:.0%} done, about {left_words(left)} left", file=sys.stderr, flush=True)

    yield note
