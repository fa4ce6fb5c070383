"""The files of a comparison: compare.html, and its frames beside it, each as CSV and as Parquet."""

from pathlib import Path

import polars as pl

from windtunnel.analysis.comparison.result import Comparison
from windtunnel.analysis.folder import COMPARED, Folder

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


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

    Folder(page.parent).write_text(page, comparison_page(found))
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
