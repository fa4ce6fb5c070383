"""The output folder of a run: the one place that knows its file names, and writes whole files or none."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from windtunnel.sim.communities import check_offers
from windtunnel.sim.events import MEASURES

TABLES = ("runs", "events", "members", "links", "pairs")
COUNTED = "measures"
"""The table of what a community counts at each step: of one that counts nothing there is none."""
FULL_BYTES = 65_536
"""A disk with less room than this is full: no table fits."""
COMPARED = {
    "table": "",
    "outcomes": "-outcomes",
    "groups": "-groups",
    "pairs_of_policies": "-pairs",
    "interactions": "-interactions",
    "evasion": "-evasion",
    "goal": "-goal",
    "ranking": "-ranking",
}
"""What the file of each frame of a comparison adds to the name of the page that it stands beside."""


class Folder:
    """Paths of one output folder; each `write` goes to a temporary name first and is then renamed."""

    def __init__(self, path: Path | str, units: Path | None = None) -> None:
        """`units` is where finished runs are kept, if cells of a sweep share the place."""
        self.path = Path(path)
        self.shares_units = units is not None
        self.units = units or self.path / "units"

    @property
    def manifest(self) -> Path:
        """What was asked and how it went; written last, so a folder that has it is whole."""
        return self.path / "manifest.json"

    @property
    def begun(self) -> Path:
        """What an unfinished run was asked for; gone once the manifest is there."""
        return self.path / "begun.json"

    def is_unfinished(self) -> bool:
        """Whether a run was begun here, or in a cell of the sweep that this is the folder of, and did not finish."""
        return self.begun.is_file() or any(self.path.glob(f"*/{self.begun.name}"))

    def cells_without_a_result(self) -> list[str]:
        """Names of the cells of the sweep that this is the folder of which were begun and have no manifest."""
        cells = [Folder(path.parent) for path in self.path.glob(f"*/{self.begun.name}")]
        return sorted(cell.path.name for cell in cells if not cell.manifest.is_file())

    @property
    def estimates(self) -> Path:
        """What is concluded from the pairs."""
        return self.path / "estimates.json"

    @property
    def report(self) -> Path:
        """The page for people."""
        return self.path / "report.html"

    @property
    def report_text(self) -> Path:
        """The same as Markdown."""
        return self.path / "report.md"

    @property
    def comparison_page(self) -> Path:
        """Of `windtunnel compare`, with a CSV and a table for each of `COMPARED` beside it."""
        return self.path / "compare.html"

    @property
    def selection(self) -> Path:
        """Of `windtunnel select`."""
        return self.path / "selection.json"

    @property
    def design(self) -> Path:
        """Of `windtunnel design --run`: which folder holds which point."""
        return self.path / "design.json"

    @property
    def search(self) -> Path:
        """Of `windtunnel optimise`, which keeps its trials in `search_storage`."""
        return self.path / "search.json"

    @property
    def search_storage(self) -> Path:
        """Optuna's trials of a search."""
        return self.path / "search.sqlite"

    @property
    def posts(self) -> Path:
        """Of an imported community; see `analysis/importers`."""
        return self.table("posts")

    @contextmanager
    def held(self) -> Iterator[None]:
        """No other run writes here while the block lasts; `ValueError` if one does.

        The lock is on the folder itself and ends with its process, however that ends; there is no lock file.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDONLY)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ValueError(
                    f"another windtunnel is writing {self.path}: wait for it, or give another folder as out=FOLDER"
                ) from None
            except OSError:  # a network path that knows no locks
                pass
            yield
        finally:
            os.close(handle)

    def table(self, name: str) -> Path:
        """Where the table of this name is."""
        return self.path / f"{name}.parquet"

    def write_table(self, name: str, table: pl.DataFrame) -> None:
        """Write a table as Parquet, whole or not at all; `OSError` where it cannot be written."""
        self.path.mkdir(parents=True, exist_ok=True)
        with _renamed(self.table(name)) as partial:
            try:
                table.write_parquet(partial)
            except pl.exceptions.PolarsError as error:
                full = shutil.disk_usage(self.path).free < FULL_BYTES
                why = (
                    "no space is left on its disk: free some, and give the same command again"
                    if full
                    else error
                )
                raise OSError(f"{self.table(name)} cannot be written ({why})") from None

    def write_counted(self, measures: pl.DataFrame) -> None:
        """Write the table of measures, or see to it that there is none."""
        if measures.is_empty():
            self.table(COUNTED).unlink(missing_ok=True)
        else:
            self.write_table(COUNTED, measures)

    def read_counted(self) -> pl.DataFrame:
        """The table of measures, empty where there is none."""
        there = self.table(COUNTED).is_file()
        return self.read_table(COUNTED) if there else pl.DataFrame(schema=MEASURES)

    def write_json(self, path: Path, content: Any) -> None:
        """Write JSON, whole or not at all; `ValueError` for a number that JSON has not."""
        self.write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")

    def write_text(self, path: Path, text: str) -> None:
        """Write a text in UTF-8, whole or not at all."""
        self.path.mkdir(parents=True, exist_ok=True)
        with _renamed(path) as partial:
            partial.write_text(text, encoding="utf-8")

    def read_table(self, name: str) -> pl.DataFrame:
        """The table of this name; `ValueError` where it is missing or broken."""
        path = self._there(self.table(name))
        try:
            return pl.read_parquet(path, glob=False)
        except pl.exceptions.PolarsError:
            raise ValueError(f"{path} is not a whole table: run the experiment again") from None

    def read_json(self, path: Path) -> dict[str, Any]:
        """The object that a file of JSON holds; `ValueError` where it is missing, broken or no object."""
        try:
            content = json.loads(self._there(path).read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            raise ValueError(f"{path} is not JSON: {error}") from None
        if not isinstance(content, dict):
            raise ValueError(f"{path} holds no JSON object: it is not what `windtunnel run` writes")
        return content

    def check_offers(self, command: str) -> None:
        """`ValueError` where this is a run of a community that does not serve the command; see `check_offers`."""
        if self.manifest.is_file():
            config = self.read_json(self.manifest).get("config") or {}
            check_offers(config.get("community") or {}, command)

    def _there(self, path: Path) -> Path:
        if not path.is_file():
            if any(self.path.glob("*/manifest.json")):
                raise ValueError(f"{self.path} is the folder of a sweep: give the folder of one of its cells")
            raise ValueError(
                f"{self.path} holds no {path.name}: give the output folder of a finished `windtunnel run`"
            )
        return path


@contextmanager
def _renamed(path: Path) -> Iterator[Path]:
    """A temporary name that becomes `path` after the block; nothing is left of it if the block fails."""
    partial = path.with_name(path.name + ".partial")
    try:
        yield partial
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
