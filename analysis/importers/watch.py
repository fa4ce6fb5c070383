"""How far an import is: a bar of bytes on a terminal, plain sentences otherwise."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from windtunnel.analysis.importers.files.lines import Told
from windtunnel.analysis.importers.posts.raw import Progress


class Watch(NamedTuple):
    """`say` takes a short sentence, `told` the bytes read."""

    say: Progress
    told: Told | None


@contextmanager
def watching(path: Path) -> Iterator[Watch]:
    """Shows on standard error how much of the record at `path` has been read."""
    if not sys.stderr.isatty():
        yield Watch(lambda sentence: print(sentence, file=sys.stderr, flush=True), None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("reading", total=_bytes(path))
        yield Watch(
            lambda sentence: bars.update(task, description=sentence, total=None),
            Told(lambda more: bars.advance(task, more)),
        )


def _bytes(path: Path) -> int | None:
    """The size of a file; of a folder none, since not all that lies in it is read."""
    return path.stat().st_size if path.is_file() else None
