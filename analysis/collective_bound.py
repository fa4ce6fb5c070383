"""A lower bound of what a collective can reach by planting a signal, from its own members' data alone (arXiv 2502.04879).

With N people, n of them members, R(k) = sqrt(log(1/d) / 2k) and d = delta / (2 + 2|X| + 2|X||Y|), X being the feature rows with the
signal planted and Y the labels, success on M people to whom the platform is applied is, with probability 1 - delta, at least

    Pr_x[ n/N (P(x) - 2 R(n)) - (N-n)/N (gap(x) + 2 R(n) + 2 R(N-n)) - eps/(1-eps) > 0 ] - R(n) - R(M)

P(x) is the share of members whose row is x once the signal is planted; gap(x) by how much the likeliest other label is more
frequent at x than the target, in what members have without it; x is drawn as members' planted rows are.
"""

from collections.abc import Mapping
from math import log, sqrt
from typing import Any, NamedTuple

import polars as pl


class Bound(NamedTuple):
    """What is sure to be reached, and what it was reckoned from."""

    success: float
    """At least this share, but for a chance of `delta`; at 0 or below nothing is known."""
    members: int
    rows: int
    """Different rows of features with the signal planted."""
    labels: int
    won: float
    """The share of members' planted rows at which the collective is sure to win."""


def planting_bound(
    sample: pl.DataFrame,
    *,
    label: str,
    target: str,
    signal: Mapping[str, str],
    population: int,
    tests: int | None = None,
    delta: float = 0.05,
    epsilon: float = 0.0,
    feature_only: bool = False,
) -> Bound:
    """The bound for members whose own rows are `sample`, who set the columns of `signal` and, unless `feature_only`,
    the label to `target`.

    `tests` are the people that success is counted on (as many as the others, unless told), `epsilon` how far the
    platform's model may be from the best. With `feature_only` members of another label stay away from X. `ValueError` for
    a table or a number that cannot be.
    """
    members, others = len(sample), population - len(sample)
    tests = others if tests is None else tests
    _check(sample, label, target, signal, population, tests, delta, epsilon)
    features = [name for name in sample.columns if name != label]
    planted = sample.with_columns(*(pl.lit(value).alias(name) for name, value in signal.items()))
    wins = planted.filter(pl.col(label) == target) if feature_only else planted
    rows = planted.group_by(features).agg(asked=pl.len() / members)
    rows = rows.join(wins.group_by(features).agg(share=pl.len() / members), on=features, how="left")
    there = sample.group_by(*features, label).agg(share_of_label=pl.len() / members)
    labels = sample[label].n_unique() if target in sample[label] else sample[label].n_unique() + 1
    gap = (
        pl.col("share_of_label").filter(pl.col(label) != target).max().fill_null(0)
        - pl.col("share_of_label").filter(pl.col(label) == target).sum()
    )
    rows = rows.join(there.group_by(features).agg(gap=gap), on=features, how="left")
    sure = delta / (2 + 2 * len(rows) + 2 * len(rows) * labels)

    def width(count: int) -> float:
        return sqrt(log(1 / sure) / (2 * count))

    share = members / population
    gained = share * (pl.col("share").fill_null(0) - 2 * width(members))
    lost = (1 - share) * (pl.col("gap").fill_null(0) + 2 * width(members) + 2 * width(others))
    won = rows.filter(gained - lost - epsilon / (1 - epsilon) > 0)["asked"].sum()
    return Bound(float(won) - width(members) - width(tests), members, len(rows), labels, float(won))


def _check(
    sample: pl.DataFrame,
    label: str,
    target: str,
    signal: Mapping[str, Any],
    population: int,
    tests: int,
    delta: float,
    epsilon: float,
) -> None:
    """`ValueError` says what cannot be, and what would work."""
    if label not in sample.columns:
        raise ValueError(f"no column is called {label!r}: the table has {', '.join(sample.columns)}")
    if not len(sample):
        raise ValueError("the table has no row: give one for each member of the collective")
    if not signal:
        raise ValueError("no signal is told: give --set COLUMN=VALUE for each column that members change")
    if unknown := [name for name in signal if name not in sample.columns or name == label]:
        raise ValueError(
            f"--set {unknown[0]}: choose from the columns "
            f"{', '.join(name for name in sample.columns if name != label)}"
        )
    if population <= len(sample):
        raise ValueError(
            f"population is {population}, and the table has {len(sample)} members: it must be larger"
        )
    if tests < 1:
        raise ValueError(f"tests is {tests}: give 1 or more")
    if not 0 < delta < 1:
        raise ValueError(f"delta is {delta:g}: give a number between 0 and 1")
    if not 0 <= epsilon < 1:
        raise ValueError(f"epsilon is {epsilon:g}: give 0 or more, and less than 1")
