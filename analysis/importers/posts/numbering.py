"""Numbers the posts of a record: integers for ids, minutes for times, a thread and a kind for each."""

from typing import NamedTuple

import numpy as np
import polars as pl

from windtunnel.analysis.importers.posts.gathering import FACTS
from windtunnel.analysis.importers.posts.other_forms import read_otherwise
from windtunnel.analysis.importers.posts.who_answers_what import without_circles

SLICE = 200_000
"""Rows that are joined at a time."""


class Numbered(NamedTuple):
    """Posts in order of time, and the source's ids beside our numbers, for translation in memory alone.

    `ids` has id, post, thread; `thread_names` name, thread; `outside` the ids that replies answer and that no post has,
    with the thread of those replies; `start` is the time that minute 0 begins at; `said` what was guessed about ids;
    `flat`: there are replies, and not one says what it answers. `titles` has thread and title of those that have one.
    """

    posts: pl.DataFrame
    ids: pl.DataFrame
    thread_names: pl.DataFrame
    outside: pl.DataFrame
    start: float
    said: tuple[str, ...] = ()
    flat: bool = False
    titles: pl.DataFrame = pl.DataFrame(schema={"thread": pl.Int64, "title": pl.String})


def number_posts(facts: pl.DataFrame, changed: dict[str, str] | None = None) -> Numbered:
    """The table of posts in order of time: `post`, `thread`, `parent` are integers from 1, `minute` counts
    whole minutes since the first post, `kind` is `thread` for the post that opens one, else `reply`.

    A reply whose parent is not in the record has a null parent and stays a reply. `changed` gives some ids
    another status. The source's ids and times are dropped, since one exact id or time identifies its author.
    """
    table = facts.sort("time", maintain_order=True)
    if changed:
        later = pl.DataFrame(
            {"id": list(changed), "later": pl.Series(list(changed.values()), dtype=FACTS["status"])}
        )
        table = table.join(later, on="id", how="left", maintain_order="left")
        table = table.with_columns(status=pl.coalesce("later", "status")).drop("later")
    table = table.with_row_index("post", offset=1).with_columns(pl.col("post").cast(pl.Int64))
    ids = table.select(parent="id", parent_post="post")
    if table["other_id"].is_not_null().any():
        others = table.filter(pl.col("other_id").is_not_null()).select(parent="other_id", parent_post="post")
        ids = pl.concat([ids, others]).unique("parent", keep="first", maintain_order=True)
    table = table.with_columns(_looked_up(table.select("parent"), ids)["parent_post"])
    table, said = read_otherwise(table, ids)
    table, unlikely = without_circles(table)
    said += unlikely
    start = float(table["time"].min() or 0)  # type: ignore[arg-type]
    table = table.with_columns(
        thread=_threads(table),
        minute=((pl.col("time") - start) // 60).cast(pl.Int64),
    )
    opener = (pl.col("kind") == "thread") | (
        pl.col("kind").is_null()
        & pl.col("parent").is_null()
        & (pl.col("post") == pl.col("post").filter(pl.col("parent").is_null()).min().over("thread"))
    )
    kind = pl.when(opener).then(pl.lit("thread")).otherwise(pl.lit("reply"))
    table = table.with_columns(kind=kind)
    names = table.select(name=pl.col("thread").unique(maintain_order=True)).with_row_index("number", offset=1)
    names = names.select("name", thread=pl.col("number").cast(pl.Int64))
    table = table.with_columns(_looked_up(table.select(name="thread"), names)["thread"])
    lost = table.filter(pl.col("parent_post").is_null() & pl.col("parent").is_not_null())
    outside = lost.select("thread", id="parent").unique().unique("id", keep="none")
    numbers = table.select("id", "post", "thread")
    others = table.filter(pl.col("other_id").is_not_null()).select("post", "thread", id="other_id")
    if others.height:
        numbers = pl.concat([numbers, others.select("id", "post", "thread")]).unique(
            "id", keep="first", maintain_order=True
        )
    named = table.filter(pl.col("kind") == "reply")["parent"]
    flat = len(named) > 0 and named.null_count() == len(named)
    table = table.with_columns(
        parent=pl.when(pl.col("kind") == "thread").then(None).otherwise(pl.col("parent_post"))
    )
    titled = (
        table.select("thread", "title")
        .drop_nulls("title")
        .unique("thread", keep="first", maintain_order=True)
    )
    dropped = ("id", "time", "parent_post", "other_id", "title")
    return Numbered(table.drop(dropped), numbers, names, outside, start, said, flat, titled)


def _looked_up(names: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """`names`, one column, with the numbers of each. The numbers of other names go first, and the rows are joined
    slice by slice: a join of the whole table at once takes nearly twice the memory."""
    (on,) = names.columns
    numbers = numbers.join(names.unique(), on=on, how="semi")
    slices = range(0, max(names.height, 1), SLICE)
    return pl.concat(
        names.slice(start, SLICE).join(numbers, on=on, how="left", maintain_order="left") for start in slices
    )


def _threads(table: pl.DataFrame) -> pl.Series:
    """The thread of each row: its own, else that of its parent, up to the opening post.

    Rows without a thread point at their parent; each connected heap of such rows holds at most one row that
    points nowhere, or a parent outside the record, and takes its name from that.
    """
    own = table["thread"]
    if own.null_count() == 0:
        return own
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    outside = table.filter(
        pl.col("thread").is_null() & pl.col("parent").is_not_null() & pl.col("parent_post").is_null()
    ).select(name=pl.col("parent").unique(maintain_order=True))
    places = outside.with_row_index("place")
    found = table.select("post", "id", "thread", "parent", "parent_post").join(
        places, left_on="parent", right_on="name", how="left", maintain_order="left"
    )
    count, size = table.height, table.height + places.height
    pointing = found["thread"].is_null() & found["parent"].is_not_null()
    start = np.flatnonzero(pointing.to_numpy())
    end = (
        pl.select(pl.coalesce(found["parent_post"] - 1, found["place"].cast(pl.Int64) + count))
        .to_series()
        .filter(pointing)
        .to_numpy()
    )
    edges = coo_array((np.ones(len(start), np.int8), (start, end)), shape=(size, size))
    heaps = connected_components(edges, directed=False)[1]
    names = pl.concat([pl.select(pl.coalesce(own, table["id"])).to_series().alias("name"), outside["name"]])
    ends = np.concatenate([~pointing.to_numpy(), np.ones(places.height, bool)])
    nodes = pl.DataFrame({"heap": heaps, "name": names, "end": ends})
    named = nodes.sort("end", descending=True, maintain_order=True).unique("heap", keep="first")
    return nodes.head(count).join(named, on="heap", how="left", maintain_order="left")["name_right"]
