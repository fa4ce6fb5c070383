"""The table of pairs: one row for each pair of twins, read from our own runs or brought by somebody else.

Checked columns are draw, seed, y0 (baseline), y1 (policy), both 0, 1 or null, and where given y_aa (the
baseline a second time), severity0, severity1, severity_aa and further columns, which pass as covariates.
A null half marks a pair as lost: it is counted, and widens the worst case, and never takes part silently.
"""

import difflib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from windtunnel.analysis.causal.necessity import CELLS, QUANTITIES, Table
from windtunnel.analysis.numbers_in_words import counted

if TYPE_CHECKING:
    import pandas as pd

OUR_NAMES = {
    "y_baseline": "y0",
    "y_policy": "y1",
    "severity_baseline": "severity0",
    "severity_policy": "severity1",
}
NEEDED = ("draw", "seed", "y0", "y1")
KNOWN = (*NEEDED, "y_aa", "severity0", "severity1", "severity_aa")
_READERS: dict[str, Callable[[Path], pl.DataFrame]] = {
    ".csv": partial(pl.read_csv, glob=False),
    ".parquet": partial(pl.read_parquet, glob=False),
}


def read_pairs(path: Path | str) -> pl.DataFrame:
    """The checked pairs of a CSV or Parquet file; `ValueError` says in one sentence what is wrong with it."""
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"{path.name} is not a table of pairs we can read: give a .csv or a .parquet file")
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no file {path}: give a table of pairs with columns {', '.join(NEEDED)}"
        )
    try:
        frame = reader(path)
    except pl.exceptions.PolarsError as error:
        raise ValueError(f"{path.name} cannot be read as a table: {str(error).splitlines()[0]}") from None
    return check_pairs(frame)


def check_pairs(pairs: pl.DataFrame) -> pl.DataFrame:
    """The pairs under their common names and types, sorted by draw and seed; `ValueError` for a bad table."""
    pairs = pairs.rename(
        {
            ours: name
            for ours, name in OUR_NAMES.items()
            if ours in pairs.columns and name not in pairs.columns
        }
    )
    for name in NEEDED:
        if name not in pairs.columns:
            if len(pairs.columns) == 1 and name in pairs.columns[0]:
                raise ValueError(
                    f"the pairs have one column, {pairs.columns[0]!r}: part their cells by commas"
                )
            near = difflib.get_close_matches(name, pairs.columns, 1)
            hint = f"; did you mean it by {near[0]!r}?" if near else ""
            raise ValueError(f"the pairs have no column {name!r}, only {', '.join(pairs.columns)}{hint}")
    for name in ("draw", "seed"):
        if pairs[name].null_count():
            raise ValueError(
                f"column {name!r} is empty in {counted(pairs[name].null_count(), 'rows')}: every pair needs its {name}"
            )
    present = [name for name in KNOWN[2:] if name in pairs.columns]
    pairs = pairs.with_columns(
        _zero_or_one(pairs[name]) if name.startswith("y") else _number(pairs[name]) for name in present
    )
    repeated = pairs.filter(pl.struct("draw", "seed").is_duplicated())
    if len(repeated):
        draw, seed = repeated.row(0, named=True)["draw"], repeated.row(0, named=True)["seed"]
        raise ValueError(
            f"draw {draw}, seed {seed} stands in more than one row: give each pair of twins once"
        )
    return pairs.sort("draw", "seed")


def complete(pairs: pl.DataFrame) -> pl.DataFrame:
    """The pairs of which both halves ran."""
    return pairs.drop_nulls(["y0", "y1"])


def repeats(pairs: pl.DataFrame) -> tuple[int, int] | None:
    """In how many pairs, of how many, the baseline came out otherwise the second time; None without A/A."""
    if "y_aa" not in pairs.columns:
        return None
    twice = pairs.drop_nulls(["y0", "y_aa"])
    return (int((twice["y0"] != twice["y_aa"]).sum()), len(twice)) if len(twice) else None


def covariates(pairs: pl.DataFrame) -> list[str]:
    """The names of the columns that describe a pair beyond what we know by name."""
    return [name for name in pairs.columns if name not in KNOWN]


def panel(pairs: pl.DataFrame) -> "pd.DataFrame":
    """A fresh pandas frame with one row a run: pair, draw, policy (0, 1), outcome, and numeric covariates.

    Made without pyarrow, which `to_pandas` would need. Text is left out but for the draw, which is coded.
    """
    import pandas as pd

    whole = complete(pairs)
    n = len(whole)
    shared = {"pair": np.arange(n), "draw": np.unique(whole["draw"].to_numpy(), return_inverse=True)[1]}
    shared |= {
        name: whole[name].cast(pl.Float64).to_numpy()
        for name in covariates(whole)
        if whole[name].dtype.is_numeric() and name not in ("pair", "policy", "outcome")
    }
    arms = [
        pd.DataFrame(shared | {"policy": arm, "outcome": whole[f"y{arm}"].cast(pl.Float64).to_numpy()})
        for arm in (0, 1)
    ]
    return pd.concat(arms, ignore_index=True)


def variance_ratio(y0: np.ndarray, y1: np.ndarray) -> float | None:
    """Variance of the difference if the arms were independent, over that of the paired difference.

    How many times fewer runs pairing needs for the same error. None where the difference does not vary.
    """
    y0, y1 = np.asarray(y0, float), np.asarray(y1, float)
    if len(y0) < 2:
        return None
    paired = float(np.var(y1 - y0, ddof=1))
    return float((np.var(y0, ddof=1) + np.var(y1, ddof=1)) / paired) if paired > 0 else None


def worst_case(
    table: Table, lost: list[tuple[int | None, int | None]], direction: str
) -> dict[str, list[float] | None]:
    """[low, high] of each quantity over every way the lost pairs could have turned out; no assumption.

    `lost` holds (y0, y1) of each lost pair, None for a half that did not run. None where the conditioning
    event never happens in some completion.
    """
    bounds = {name: _extremes(table, lost, *CELLS[direction][name]) for name in QUANTITIES}
    everyone = Table._fields
    for name, cells in (("p0", ("n10", "n11")), ("p1", ("n01", "n11"))):
        bounds[name] = _extremes(table, lost, cells, everyone)
    n = sum(table) + len(lost)
    steps = [[int(cell[2]) - int(cell[1]) for cell in _possible(pair)] for pair in lost]
    seen = table.n01 - table.n10
    bounds["rd"] = [(seen + sum(map(min, steps))) / n, (seen + sum(map(max, steps))) / n] if n else None
    return bounds


def _extremes(
    table: Table, lost: list[tuple[int | None, int | None]], top: tuple[str, ...], bottom: tuple[str, ...]
) -> list[float] | None:
    """Least and greatest count(top) / count(bottom); each lost pair goes where it pushes hardest."""
    counts = table._asdict()
    ends = []
    for order in ((0, None, 1), (1, None, 0)):  # a trial that misses < no trial < a trial that hits
        hits, trials = sum(counts[cell] for cell in top), sum(counts[cell] for cell in bottom)
        for pair in lost:
            options = [(int(cell in top) if cell in bottom else None) for cell in _possible(pair)]
            pushed = min(options, key=order.index)
            hits, trials = hits + (pushed or 0), trials + (pushed is not None)
        if trials == 0:
            return None
        ends.append(hits / trials)
    return ends


def _possible(pair: tuple[int | None, int | None]) -> list[str]:
    """The cells of the table that a lost pair may belong to."""
    y0, y1 = pair
    return [f"n{a}{b}" for a in (0, 1) for b in (0, 1) if y0 in (None, a) and y1 in (None, b)]


def _zero_or_one(column: pl.Series) -> pl.Series:
    """The column as Int8 zeros and ones; booleans and whole floats pass."""
    number = _number(column)
    odd = number.filter((number != 0) & (number != 1))
    if len(odd):
        raise ValueError(
            f"column {column.name!r} holds {odd[0]:g}: an outcome of a run is 0 or 1 "
            "(put a measured outcome in severity0 and severity1)"
        )
    return number.cast(pl.Int8)


def _number(column: pl.Series) -> pl.Series:
    """The column as Float64, nan as null; `ValueError` for words."""
    empty = column.null_count() == len(column)  # of whatever type: a CSV without rows reads as words
    if empty or column.dtype == pl.Boolean or column.dtype.is_numeric():
        number = column.cast(pl.Float64).fill_nan(None)
        if number.is_infinite().any():
            raise ValueError(
                f"column {column.name!r} holds an infinite number: leave the cell empty where nothing was measured"
            )
        return number
    raise ValueError(f"column {column.name!r} holds {column.drop_nulls()[0]!r}, which is no number")
