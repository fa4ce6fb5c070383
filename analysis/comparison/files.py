"""The files of a comparison: compare.html, and its frames beside it, each as CSV and as Parquet."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl

from windtunnel.analysis.comparison.result import Comparison
from windtunnel.analysis.folder import COMPARED, Folder

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def identity(record: Mapping[str, Any]) -> str:
    """Twelve digits that stand for what is compared and how: the runs, the outcome that judges, and what was stated."""
    said: list[Any] = [sorted(str(Path(row["folder"]).resolve()) for row in record["policies"])]
    said += [[record["outcome"].get(key) for key in ("name", "threshold")]]
    said += [record.get(key) for key in ("payoff", "smallest_effect", "confidence")]
    said += [record["goal"]["statements"]] if record.get("goal") else []
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()[:12]


def beside(paths: Sequence[Path | str]) -> Path:
    """The folder beside compared runs: their sweep's, or the one that holds them all; outputs where there is none."""
    homes = {path if not Folder(path).manifest.is_file() else path.parent for path in map(Path, paths)}
    return homes.pop() if len(homes) == 1 else Path("outputs")


def page_in(folder: Path, found: Comparison) -> Path:
    """Where the page of this comparison goes in a folder: over itself, never over another comparison's."""
    first = Folder(folder).comparison_page
    mine = _mark(found.record)
    for number in count(1):
        page = first if number == 1 else first.with_name(f"{first.stem}-{number}{first.suffix}")
        if not page.exists() or mine in page.read_text(encoding="utf-8", errors="replace")[:2000]:
            return page
    raise AssertionError("count ended")


def _mark(record: Mapping[str, Any]) -> str:
    return f'<meta name="comparison" content="{identity(record)}">'


def write_tables(found: Comparison, page: Path) -> list[Path]:
    """Write each frame that has rows under the page's name, and give the paths of the CSVs, the policies' first.

    A file of a frame without rows is of another comparison, and is removed.
    """
    folder, written = Folder(page.parent), []
    for frame, ending in COMPARED.items():
        name, rows = f"{page.stem}{ending}", getattr(found, frame)
        csv = page.with_name(f"{name}.csv")
        if rows.is_empty():
            csv.unlink(missing_ok=True)
            folder.table(name).unlink(missing_ok=True)
            continue
        table = rows.with_columns(caveat=pl.lit(found.record["caveat"]))
        folder.write_text(csv, for_spreadsheets(table).write_csv())
        folder.write_table(name, table)
        written.append(csv)
    return written


def write_page(found: Comparison, page: Path) -> Path:
    """Write the page and give its path."""
    from windtunnel.analysis.comparison.page import comparison_page

    head = "<head>"
    Folder(page.parent).write_text(
        page, comparison_page(found).replace(head, f"{head}\n{_mark(found.record)}", 1)
    )
    return page


def for_spreadsheets(table: pl.DataFrame) -> pl.DataFrame:
    """The table with an apostrophe before every text that a spreadsheet would take for a formula."""
    texts = [name for name, kind in table.schema.items() if kind == pl.String]
    risky = [
        pl.when(
            pl.any_horizontal(
                pl.col(name).str.strip_chars_start(" ").str.starts_with(sign) for sign in FORMULA
            )
        )
        .then("'" + pl.col(name))
        .otherwise(pl.col(name))
        .alias(name)
        for name in texts
    ]
    return table.with_columns(risky)
