"""`windtunnel estimate` as a call: pairs from any simulator, in a frame or a file."""

import tempfile
from pathlib import Path
from typing import Any

import polars as pl


def estimate(
    pairs: "pl.DataFrame | Path | str | Any",
    *,
    direction: str,
    outcome: str = "outcome",
    threshold: float | None = None,
    coupling: str = "not stated",
    confidence: float = 0.95,
    dowhy: bool = False,
) -> dict[str, Any]:
    """Probabilities of necessity and sufficiency of twins, one row a pair: what `windtunnel estimate --json` prints.

    `pairs` is a polars or pandas frame, or a CSV or Parquet file, with columns `draw, seed, y0, y1` (0 or 1 without and with
    the policy), optionally `severity0`, `severity1` and covariates. `direction` is `preventive` or `generative`.
    `ValueError` says what is wrong with a column or a row.

    >>> twins = pl.DataFrame({"draw": [0, 0, 1, 1], "seed": [0, 1, 0, 1], "y0": [1, 1, 0, 1], "y1": [0, 0, 0, 1]})
    >>> estimate(twins, direction="preventive")["table"]
    {'n00': 1, 'n01': 0, 'n10': 2, 'n11': 1}
    """
    from windtunnel.analysis.causal.estimates import estimate_file

    def asked(path: Path) -> dict[str, Any]:
        return estimate_file(
            path,
            direction=direction,
            outcome=outcome,
            threshold=threshold,
            coupling=coupling,
            confidence=confidence,
            dowhy=dowhy,
        )

    if isinstance(pairs, str | Path):
        return asked(Path(pairs))
    frame = pairs if isinstance(pairs, pl.DataFrame) else pl.DataFrame(pairs.to_dict("list"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pairs.parquet"
        frame.write_parquet(path)
        return asked(path)
