"""What the scripts of this folder share: a preset run as pairs, and a paired difference with its interval."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from windtunnel import run
from windtunnel.analysis.tunnel import Result


def draws_and_root(said: str | None, draws: int) -> tuple[int, int]:
    """The two words that a script of this folder takes: how many communities are drawn, and from which root."""
    parser = argparse.ArgumentParser(description=said)
    parser.add_argument("--draws", type=int, default=draws)
    parser.add_argument("--root", type=int, default=1)
    asked = parser.parse_args()
    return asked.draws, asked.root


def lived(preset: str | None, draws: int, root: int, **settings: Any) -> Result:
    """One experiment with a pair for each of so many draws."""
    chosen = {"experiment": preset} if preset else {}
    return run(**chosen, draws=draws, seeds=1, root=root, dowhy=False, **settings)  # type: ignore[arg-type]


def values(found: Result, outcome: str, arm: str) -> np.ndarray:
    """An outcome of each run of an arm, by draw."""
    return found.runs.filter(pl.col("arm") == arm).sort("draw", "seed")[outcome].to_numpy()


def change(found: Result, outcome: str) -> dict[str, float]:
    """Means of both arms, and the mean difference of the pairs with its 95 % interval (Student's t)."""
    before, after = values(found, outcome, "baseline"), values(found, outcome, "policy")
    apart = after - before
    half = stats.t.ppf(0.975, len(apart) - 1) * apart.std(ddof=1) / np.sqrt(len(apart))
    told = {"baseline": before.mean(), "policy": after.mean(), "difference": apart.mean()}
    return {
        name: round(float(value), 4)
        for name, value in (told | {"low": apart.mean() - half, "high": apart.mean() + half}).items()
    }


def told(name: str, found: Mapping[str, Any], asked: str, kind: str) -> dict[str, Any]:
    """Print one line: what was found, what was asked, and on which list it stands."""
    print(f"{name}: {dict(found)} | {asked} | {kind}", flush=True)
    return {"name": name, **found, "asked": asked, "list": kind}


def last_line(rows: list[dict[str, Any]], **more: Any) -> None:
    """The one line of JSON that a script ends with."""
    print(json.dumps({"rows": rows, **more}))
