"""`windtunnel values`: what agents value, learned from what they chose."""

import argparse
from pathlib import Path
from typing import Any

from windtunnel.analysis.terminal.ending import OK, plain
from windtunnel.analysis.terminal.printing import print_json, print_table


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("choices", help="CSV or Parquet: a row a choice between a first and a second thing")
    parser.add_argument("--agent", required=True, help="the column that says who chose")
    parser.add_argument(
        "--chosen", required=True, help="the column with 1 where the first was chosen, else 0"
    )
    parser.add_argument(
        "--values",
        nargs="+",
        metavar="COLUMN",
        help="columns with how much more of a value the first realises; default: all others",
    )
    parser.add_argument("--most", type=int, help="societies at the most")
    parser.add_argument("--json", action="store_true")


def call(asked: argparse.Namespace) -> int:
    from windtunnel.analysis.value_systems import learn_values

    table = _table(Path(asked.choices))
    for name in (asked.agent, asked.chosen, *(asked.values or ())):
        if name not in table.columns:
            raise ValueError(f"{asked.choices} has no column {name!r}: it has {', '.join(table.columns)}")
    names = asked.values or [name for name in table.columns if name not in (asked.agent, asked.chosen)]
    for name, what in ((asked.agent, "agent's"), (asked.chosen, "choice's")):
        if name in names:
            raise ValueError(f"--values {name} is the {what} own column: name columns of values")
    if asked.most is not None and asked.most < 1:
        raise ValueError(f"--most is {asked.most}: give 1 or more")
    chosen, differences = _numbers(table, [asked.chosen])[:, 0], _numbers(table, names)
    if not set(chosen.tolist()) <= {0.0, 1.0}:
        raise ValueError(f"column {asked.chosen} must hold 0 or 1: whether the first was chosen")
    found = {"values": names} | learn_values(
        table[asked.agent].to_list(), differences, chosen == 1, most=asked.most
    )
    if asked.json:
        print_json(found)
        return OK
    _print(found)
    return OK


def _print(found: dict[str, Any]) -> None:
    def row(one: dict[str, Any], head: dict[str, Any]) -> dict[str, Any]:
        weights = {name: f"{w:.2f}" for name, w in zip(found["values"], one["weights"], strict=True)}
        return head | weights | {"choices not foretold": f"{one['discordance']:.0%}"}

    print_table(
        [row(one, {"society": one["society"], "agents": len(one["agents"])}) for one in found["societies"]]
    )
    print_table(
        [row(one, {"agent": one["agent"], "society": one["society"]}) for one in found["agents"][:20]]
    )
    count = len(found["societies"])
    other = (
        ""
        if found["conciseness"] is None
        else f", and at least {found['conciseness']:.0%} of those of other societies' agents wrongly (conciseness)"
    )
    print(
        plain(
            f"{len(found['agents'])} agents in {count} {'society' if count == 1 else 'societies'}. A society's own values foretell "
            f"{found['representativity']:.0%} of its agents' choices (representativity){other}."
        )
    )


def _numbers(table: Any, names: list[str]) -> Any:
    """The columns as numbers (n, m); `ValueError` names one that has others, or gaps."""
    import numpy as np
    import polars as pl

    if not names:
        raise ValueError("the table has no column of a value beside who chose and what")
    for name in names:
        column = table[name].cast(pl.Float64, strict=False)
        if column.null_count() or not np.isfinite(column.to_numpy()).all():
            raise ValueError(f"column {name} must hold a number in every row")
    return table.select(pl.col(name).cast(pl.Float64) for name in names).to_numpy()


def _table(path: Path) -> Any:
    import polars as pl

    if path.is_dir():
        raise ValueError(
            f"{path} is a folder: runs and records hold what was done, not what else could have been and which values either realises; "
            "give a table with a row a choice"
        )
    if not path.is_file():
        raise ValueError(f"{path} is no file: give a CSV or a Parquet table with a row a choice")
    try:
        return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read as a table: {str(error).splitlines()[0]}") from None
