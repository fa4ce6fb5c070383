"""An answer as a notebook or a script holds it: the record, its sentences, what was done otherwise, and its page."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl


@dataclass(frozen=True)
class Answer:
    """What `windtunnel why` answers. `record` is what `--json` prints, `sentences` what a terminal shows.

    `otherwise` has a row for each act that differs between what happened and what would have (both simulated, but for a record's
    own acts).
    """

    record: dict[str, Any]
    sentences: list[str]
    otherwise: pl.DataFrame
    html: Callable[[], str]
    """Makes the incident page."""
    more: Callable[[], None]
    """Prints what a terminal shows after the sentences."""

    def page(self, path: Path | str) -> Path:
        """Write the incident page to a file, and give its path."""
        from windtunnel.analysis.folder import Folder

        where = Path(path)
        Folder(where.parent).write_text(where, self.html())
        return where

    def _repr_html_(self) -> str:
        from windtunnel.analysis.library.shown import sentences_html

        return sentences_html(self.sentences, self.otherwise)
