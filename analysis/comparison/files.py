"""The files of a comparison: compare.html, and compare.csv and compare.parquet with a row a policy beside it."""

from pathlib import Path

import polars as pl

from analysis.comparison.result import Comparison
from analysis.folder import Folder

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_tables(found: Comparison, page: Path) -> Path:
    """Write the table as CSV and Parquet under the page's name, and give the path of the CSV."""
    folder, name = Folder(page.parent), page.stem
    csv = page.with_suffix(".csv")
    folder.write_text(csv, for_spreadsheets(found.table).write_csv())
    folder.write_table(name, found.table)
    return csv


def write_page(found: Comparison, page: Path) -> Path:
    """Write the page and give its path."""
    from analysis.comparison.page import comparison_page

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
