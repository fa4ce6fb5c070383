"""A lower bound of what a collective can reach by planting a signal, from its own members' data alone (arXiv 2502.04879).

With N people, n of them members, R(k) = sqrt(log(1/d) / 2k) and d = delta / (2 + 2|X| + 2|X||Y|), X being the feature rows with the
signal planted and Y the labels, success on M people to whom the platform is applied is, with probability 1 - delta, at least

    Pr_x[ n/N (P(x) - 2 R(n)) - (N-n)/N (gap(x) + 2 R(n) + 2 R(N-n)) - eps/(1-eps) > 0 ] - R(n) - R(M)

P(x) is the share of members whose row is x once the signal is planted; gap(x) by how much the likeliest other label is more
frequent at x than the target, in what members have without it; x is drawn as members' planted rows are.

Two other aims (2302.04262 names them; the bounds are our own, by the same argument). *Unplanting*: the platform is not to say the target
where it sees the signal. Members plant it with the likeliest other label, and gap(x) is by how much the target is more frequent than that one.
*Erasing*: the platform is to say the same with and without the signal. Members leave their features and give the likeliest label of
their row with the signal; won must be both rows, x and the one with the signal, so X is all of these.
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
    sizes = _Sizes(members, population, tests, len(rows), labels, delta, epsilon)
    margin = sizes.margin(pl.col("share").fill_null(0), pl.col("gap").fill_null(0))
    won = float(rows.filter(margin > 0)["asked"].sum())
    return sizes.bound(won)


def unplanting_bound(
    sample: pl.DataFrame,
    *,
    label: str,
    target: str,
    signal: Mapping[str, str],
    population: int,
    tests: int | None = None,
    delta: float = 0.05,
    epsilon: float = 0.0,
) -> Bound:
    """The bound of how often the platform does *not* say `target` where it sees the signal; arguments and errors as above."""
    members, others = len(sample), population - len(sample)
    tests = others if tests is None else tests
    _check(sample, label, target, signal, population, tests, delta, epsilon)
    features = [name for name in sample.columns if name != label]
    planted = sample.with_columns(*(pl.lit(value).alias(name) for name, value in signal.items()))
    rows = planted.group_by(features).agg(asked=pl.len() / members)
    found = _shares(sample, features, label).group_by(features)
    gap = pl.col("share").filter(pl.col(label) == target).sum() - pl.col("share").filter(
        pl.col(label) != target
    ).max().fill_null(0)
    rows = rows.join(found.agg(gap=gap), on=features, how="left").with_columns(pl.col("gap").fill_null(0))
    labels = sample[label].n_unique() if target in sample[label] else sample[label].n_unique() + 1
    sizes = _Sizes(members, population, tests, len(rows), labels, delta, epsilon)
    margin = sizes.margin(pl.col("asked"), pl.col("gap"))
    won = float(rows.filter(margin > 0)["asked"].sum())
    return sizes.bound(won)


def erasing_bound(
    sample: pl.DataFrame,
    *,
    label: str,
    signal: Mapping[str, str],
    population: int,
    tests: int | None = None,
    delta: float = 0.05,
    epsilon: float = 0.0,
) -> Bound:
    """The bound of how often the platform says the same with the signal as without; arguments and errors as above."""
    members, others = len(sample), population - len(sample)
    tests = others if tests is None else tests
    _check(sample, label, None, signal, population, tests, delta, epsilon)
    features = [name for name in sample.columns if name != label]
    signed = [pl.lit(value).alias(name) for name, value in signal.items()]
    shares, mass = _shares(sample, features, label), _mass(sample, features)
    there = sample.select(features).unique()
    every = pl.concat([there, there.with_columns(*signed)]).unique()
    with_signal = [f"{name}_with" for name in features]
    pairs = every.hstack(every.with_columns(*signed).rename(dict(zip(features, with_signal, strict=True))))
    usual = sample[label].mode().sort()[0]
    best = shares.sort("share", label, descending=[True, False]).unique(features, keep="first")
    said = best.select(*features, said=label).rename(dict(zip(features, with_signal, strict=True)))
    pairs = pairs.join(said, on=with_signal, how="left").with_columns(pl.col("said").fill_null(usual))
    both = pairs.join(shares, on=features, how="left")
    gap = (
        pl.col("share").filter(pl.col(label) != pl.col("said")).max().fill_null(0)
        - pl.col("share").filter(pl.col(label) == pl.col("said")).sum()
    )
    rows = both.group_by(*features, *with_signal).agg(gap=gap)
    rows = rows.join(mass, on=features, how="left").with_columns(pl.col("asked").fill_null(0.0))
    labels = sample[label].n_unique()
    sizes = _Sizes(members, population, tests, len(rows), labels, delta, epsilon)
    margin = sizes.margin(pl.col("asked"), pl.col("gap"))
    rows = rows.with_columns(won=margin > 0)
    other = rows.select(*(pl.col(name).alias(f"{name}_with") for name in features), won_with="won")
    rows = rows.join(other, on=with_signal, how="left")
    won = float(rows.filter("won", "won_with")["asked"].sum())
    return sizes.bound(won)


def _shares(sample: pl.DataFrame, features: list[str], label: str) -> pl.DataFrame:
    """The share of members with each row of features and label."""
    return sample.group_by(*features, label).agg(share=pl.len() / len(sample))


def _mass(sample: pl.DataFrame, features: list[str]) -> pl.DataFrame:
    return sample.group_by(features).agg(asked=pl.len() / len(sample))


def _width(sure: float, count: int) -> float:
    return sqrt(log(1 / sure) / (2 * count))


class _Sizes(NamedTuple):
    """What the errors of a bound come from: how many there are of each, how sure it is to be, and what a platform may miss."""

    members: int
    population: int
    tests: int
    rows: int
    labels: int
    delta: float
    epsilon: float

    @property
    def sure(self) -> float:
        """The chance of error that each of the statements behind the bound may have."""
        return self.delta / (2 + 2 * self.rows + 2 * self.rows * self.labels)

    def margin(self, mass: pl.Expr, gap: pl.Expr) -> pl.Expr:
        """By how much members' label is sure to win a row that holds `mass` of them, against a `gap` in what others have."""
        share, own = self.members / self.population, _width(self.sure, self.members)
        rest = _width(self.sure, self.population - self.members)
        missed = self.epsilon / (1 - self.epsilon)
        return share * (mass - 2 * own) - (1 - share) * (gap + 2 * own + 2 * rest) - missed

    def bound(self, won: float) -> Bound:
        """The bound where members win this share of what they ask about."""
        less = _width(self.sure, self.members) + _width(self.sure, self.tests)
        return Bound(won - less, self.members, self.rows, self.labels, won)


def _check(
    sample: pl.DataFrame,
    label: str,
    target: str | None,
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
