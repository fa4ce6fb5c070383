"""The output folder of a run: the one place that knows its file names, and writes whole files or none."""

import json
from pathlib import Path
from typing import Any

import polars as pl

TABLES = ("runs", "events", "members", "links", "pairs")


class Folder:
    """Paths of one output folder; each `write` goes to a temporary name first and is then renamed."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    @property
    def manifest(self) -> Path:
        return self.path / "manifest.json"

    @property
    def estimates(self) -> Path:
        return self.path / "estimates.json"

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @property
    def report_text(self) -> Path:
        return self.path / "report.md"

    @property
    def posts(self) -> Path:
        """Of an imported community; see `analysis/importers`."""
        return self.table("posts")

    def table(self, name: str) -> Path:
        return self.path / f"{name}.parquet"

    def write_table(self, name: str, table: pl.DataFrame) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        partial = self.table(name).with_suffix(".partial")
        table.write_parquet(partial)
        partial.replace(self.table(name))

    def write_json(self, path: Path, content: Any) -> None:
        self.write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")

    def write_text(self, path: Path, text: str) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".partial")
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)

    def read_table(self, name: str) -> pl.DataFrame:
        path = self._there(self.table(name))
        try:
            return pl.read_parquet(path)
        except pl.exceptions.PolarsError:
            raise ValueError(f"{path} is not a whole table: run the experiment again") from None

    def read_json(self, path: Path) -> dict[str, Any]:
        try:
            content = json.loads(self._there(path).read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            raise ValueError(f"{path} is not JSON: {error}") from None
        if not isinstance(content, dict):
            raise ValueError(f"{path} holds no JSON object: it is not what `windtunnel run` writes")
        return content

    def _there(self, path: Path) -> Path:
        if not path.is_file():
            raise ValueError(
                f"{self.path} holds no {path.name}: give the output folder of a finished `windtunnel run`"
            )
        return path
