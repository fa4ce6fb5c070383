"""Replies that cannot be as they are written: to themselves, round in a circle, or older than what they answer."""

import numpy as np
import polars as pl

Said = tuple[str, ...]


def without_circles(table: pl.DataFrame) -> tuple[pl.DataFrame, Said]:
    """`table` (post, time, parent, parent_post; rows in order of time, post counting them from 1) in which whoever answers itself
    answers none, and neither does the earliest post of a circle; and what to say about it.
    """
    itself = (pl.col("parent_post") == pl.col("post")).fill_null(False)
    said = _counted(
        table.filter(itself).height,
        "post answers itself: read as answering none",
        "posts answer themselves: read as answering none",
    )
    table = _answering_none(table, itself)
    ahead = table.filter(pl.col("parent_post") > pl.col("post"))
    if ahead.is_empty():
        return table, said
    circles = _circles(table["parent_post"].fill_null(0).to_numpy())
    if circles:
        rounds = sum(map(len, circles))
        said += (
            f"{rounds:,} posts answer each other in a circle: the earliest of each circle is read as answering none",
        )
        table = _answering_none(table, pl.col("post").is_in([min(one) for one in circles]))
    answered = table.select(parent_post="post", answered_at="time")
    later = table.select("parent_post", "time").drop_nulls().join(answered, on="parent_post")
    early = later.filter(pl.col("time") < pl.col("answered_at")).height
    return table, said + _counted(
        early,
        "reply is older than what it answers: kept as it is written",
        "replies are older than what they answer: kept as they are written",
    )


def _counted(count: int, one: str, many: str) -> Said:
    return (f"{count:,} {one if count == 1 else many}",) if count else ()


def _answering_none(table: pl.DataFrame, which: pl.Expr) -> pl.DataFrame:
    return table.with_columns(
        pl.when(which).then(None).otherwise(column).alias(column) for column in ("parent", "parent_post")
    )


def _circles(parent: np.ndarray) -> list[set[int]]:
    """The circles that posts (1, 2, …) stand in, each answering `parent` (n,), 0 for none."""
    jump = np.concatenate([[0], parent])
    for _ in range(len(jump).bit_length()):
        jump = jump[jump]
    left = set(np.unique(jump).tolist()) - {0}
    circles = []
    while left:
        first = at = min(left)
        one = {first}
        while (at := int(parent[at - 1])) != first:
            one.add(at)
        circles.append(one)
        left -= one
    return circles
