"""`windtunnel bound`: what a collective is sure to reach by planting a signal, from its own members' data."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from windtunnel.analysis.collective_bound import Bound


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sample", help="CSV or Parquet: a row a member, its features and its label")
    parser.add_argument("--label", required=True, help="the column of labels")
    parser.add_argument(
        "--target", help="the label that the collective wants; with --aim unplant: does not want"
    )
    parser.add_argument(
        "--aim",
        choices=("plant", "unplant", "erase"),
        default="plant",
        help="where the signal is the platform is to say the target, not to say it, or to say what it says without",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="the signal: what members set in their rows; once for each column",
    )
    parser.add_argument(
        "--population", required=True, type=int, help="people that the platform learns from, members included"
    )
    parser.add_argument(
        "--tests", type=int, help="people that success is counted on; default: the others of the population"
    )
    parser.add_argument("--delta", type=float, default=0.05, help="chance that the bound does not hold")
    parser.add_argument(
        "--epsilon", type=float, default=0.0, help="how far the platform's model may be from the best"
    )
    parser.add_argument("--feature-only", action="store_true", help="members leave their labels as they are")
    parser.add_argument("--json", action="store_true")


def call(asked: argparse.Namespace) -> int:
    found = _found(asked)
    if asked.json:
        print(json.dumps(found._asdict()))
        return 0
    said = f"With {found.members:,} members of {asked.population:,}"
    if found.success <= 0:
        print(
            f"{said} nothing is sure: the bound is {found.success:.3f}. More members, or a rarer signal, raise it."
        )
    else:
        print(
            f"{said} the platform {_reached(asked)} to at least {found.success:.1%} of those who "
            f"{'are asked' if asked.aim == 'erase' else 'show the signal'}, but for a chance of {asked.delta:.0%}."
        )
    print(
        f"The signal leaves {found.rows:,} different rows and {found.labels} labels; the bound is often far below what is "
        "reached."
    )
    return 0


def _found(asked: argparse.Namespace) -> "Bound":
    """The bound of the aim; `ValueError` for options that do not go together."""
    from windtunnel.analysis.collective_bound import erasing_bound, planting_bound, unplanting_bound

    if asked.aim == "erase" and asked.target is not None:
        raise ValueError(
            "--aim erase takes no --target: it aims at what the platform says without the signal"
        )
    if asked.aim != "erase" and asked.target is None:
        raise ValueError(f"--aim {asked.aim} needs --target LABEL")
    if asked.aim != "plant" and asked.feature_only:
        raise ValueError(f"--feature-only goes with --aim plant alone, not with {asked.aim}")
    table, common = (
        _table(Path(asked.sample)),
        {
            "label": asked.label,
            "signal": dict(_pair(word) for word in asked.set),
            "population": asked.population,
            "tests": asked.tests,
            "delta": asked.delta,
            "epsilon": asked.epsilon,
        },
    )
    if asked.aim == "erase":
        return erasing_bound(table, **common)
    if asked.aim == "unplant":
        return unplanting_bound(table, target=asked.target, **common)
    return planting_bound(table, target=asked.target, feature_only=asked.feature_only, **common)


def _reached(asked: argparse.Namespace) -> str:
    if asked.aim == "erase":
        return "says the same with the signal as without"
    return f"says {asked.target}" if asked.aim == "plant" else f"does not say {asked.target}"


def _pair(word: str) -> tuple[str, str]:
    name, found, value = word.partition("=")
    if not found or not name:
        raise ValueError(f"--set {word}: write COLUMN=VALUE, for example --set colour=red")
    return name, value


def _table(path: Path):  # type: ignore[no-untyped-def]
    """The table with all values as text; `ValueError` for a file that is none."""
    import polars as pl

    if not path.is_file():
        raise ValueError(f"{path} is no file: give a CSV or a Parquet table with a row a member")
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path).cast(pl.String)
        return pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read as a table: {str(error).splitlines()[0]}") from None
