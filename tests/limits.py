"""Least and most of what is declared, and what every run must keep to there: numbers that are numbers, and a baseline that repeats."""

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import polars as pl
from polars import selectors

from windtunnel.analysis.outcomes import known_outcomes
from windtunnel.analysis.runs.tables import Tables

NEAR = 1e-6
"""How close to a bound that is itself not allowed."""


def ends(field: Any) -> Iterator[Any]:
    """What is declared as a parameter's least and most, in this order, and each of the words that it may be."""
    kinds = [field.annotation, *get_args(field.annotation)]
    rules = list(field.metadata)
    while parts := [part for kind in kinds[-9:] for part in get_args(kind) if part not in kinds]:
        rules += [rule for part in parts for rule in getattr(part, "metadata", [part])]
        kinds += parts
    for name, inside in (("ge", 0), ("gt", 1), ("lt", -1), ("le", 0)):
        for rule in rules:
            if (bound := getattr(rule, name, None)) is not None:
                yield int(bound + inside) if int in kinds else float(bound + inside * NEAR)
    for kind in kinds:
        yield from get_args(kind) if get_origin(kind) is Literal else (False, True) if kind is bool else ()


def of_arm(found: Tables, name: str, arm: str) -> pl.DataFrame:
    """What a table says of one arm, less what it is called."""
    table = getattr(found, name).filter(pl.col("arm") == arm)
    return table.drop("arm", "events_sha256", "first_divergence", strict=False)


def check_numbers(found: Tables, community: str) -> None:
    """Measures, members' numbers and outcomes are finite or not there; the repeated baseline is the baseline."""
    outcomes = [name for name in known_outcomes(community) if name in found.runs.columns]
    for table in (found.runs.select(outcomes), found.measures, found.members.drop("rate")):
        numbers = table.select(selectors.float())
        assert all(numbers.select(pl.all().is_finite().all()).row(0))
    for name in ("runs", "events", "members", "measures"):
        assert of_arm(found, name, "aa").equals(of_arm(found, name, "baseline")), name
