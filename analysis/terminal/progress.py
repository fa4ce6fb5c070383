"""How far a run is: live bars on a terminal, plain lines now and then otherwise."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from windtunnel.sim.watch import Progress

PLAIN_EVERY_S = 10.0
EVERY = "WINDTUNNEL_PROGRESS_EVERY"
"""The environment variable with the seconds between plain lines, where they are to come more often or more rarely."""


def every_s() -> float:
    """Seconds between two plain lines."""
    given = os.environ.get(EVERY, "")
    return float(given) if given.isdigit() else PLAIN_EVERY_S


def left_words(seconds: float) -> str:
    """
    >>> left_words(40.4), left_words(1548)
    ('40 s', '26 minutes')
    """
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"


@contextmanager
def shown(steps: int, worlds: int) -> Iterator[Progress]:
    """A progress callback for `steps` world-steps and `worlds` runs; it writes to standard error.

    "questions" and "hits" are counted beside them: what was asked of a model, what the store knew.
    """
    if sys.stderr.isatty():
        yield from _live(steps, worlds)
    else:
        yield from _plain(steps, worlds)


def _live(steps: int, worlds: int) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    counts = {"questions": 0, "hits": 0}
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks = {
            "steps": bars.add_task("steps", total=steps, note=""),
            "worlds": bars.add_task("worlds", total=worlds, note=""),
        }

        def note(what: str, more: int) -> None:
            what = "steps" if what == "kept" else what
            if what in tasks:
                bars.advance(tasks[what], more)
            else:
                counts[what] = counts.get(what, 0) + more
                bars.update(
                    tasks["steps"], note=f"{counts['questions']} questions asked, {counts['hits']} store hits"
                )

        yield note


def _plain(steps: int, worlds: int) -> Iterator[Progress]:
    done = {"steps": 0, "worlds": 0, "questions": 0, "hits": 0}
    began = last = time.monotonic()
    free = 0

    def note(what: str, more: int) -> None:
        nonlocal last, began, free
        if what == "kept":  # they took no time, so they tell nothing of how long the others will take
            what, free, began = "steps", free + more, time.monotonic()
        done[what] = done.get(what, 0) + more
        now = time.monotonic()
        if now - last < every_s() or done["steps"] <= free:
            return
        last = now
        left = (now - began) / (done["steps"] - free) * (steps - done["steps"])
        asked = (
            f", {done['questions']} questions asked, {done['hits']} store hits"
            if done["questions"] or done["hits"]
            else ""
        )
        line = f"{done['steps']} of {steps} steps, {done['worlds']} of {worlds} worlds{asked}, about {left_words(left)} left"
        print(line, file=sys.stderr, flush=True)

    yield note
