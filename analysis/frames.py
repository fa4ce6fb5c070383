"""Polars frames handed on to who works with pandas or Arrow."""

from typing import Any

import polars as pl


def to_pandas(frame: pl.DataFrame) -> Any:
    """The same table as a pandas frame; needs no pyarrow."""
    import pandas as pd

    return pd.DataFrame({column.name: column.to_list() for column in frame})


def to_arrow(frame: pl.DataFrame) -> Any:
    """The same table as an Arrow table; `ImportError` says what to install where pyarrow is missing."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise ImportError("to_arrow needs pyarrow: pip install pyarrow") from None
    return frame.to_arrow()
