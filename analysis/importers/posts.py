"""The record every reader gives, and the table of posts that it becomes: numbered, timed and in order."""

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import polars as pl

Status = Literal["visible", "removed", "deleted", "gone"]
"""`removed` by moderators, `deleted` by its author, `gone`: either, the record does not say which."""

Progress = Callable[[str], None]
"""Told a short sentence now and then during a long import."""

PROGRESS_LINES = 200_000


class RawPost(NamedTuple):
    """One post as read, in the source's own names; `time` in seconds (any origin), None where unknown.

    `thread` may be None where only `parent` is known. `kind` is None where it must be told from the parent.
    """

    id: str
    parent: str | None
    thread: str | None
    author: str | None
    time: float
    text: str | None = None
    status: Status = "visible"
    score: int | None = None
    controversial: bool | None = None
    up: int | None = None
    down: int | None = None
    kind: Literal["thread", "reply"] | None = None
    moderator: bool = False


class BadLine(NamedTuple):
    """A line that could not be used; its content stays in the source, since it may hold a name."""

    file: str
    line: int
    reason: str


class Reading(NamedTuple):
    """What a reader found: the posts, the lines it could not use, and remarks for the user."""

    posts: list[RawPost]
    bad: list[BadLine]
    remarks: tuple[str, ...] = ()


class Collector:
    """Gathers posts line by line; a line whose reader raises `ValueError` is kept as a bad line."""

    def __init__(self, progress: Progress | None = None) -> None:
        self.posts: list[RawPost] = []
        self.bad: list[BadLine] = []
        self._first_seen: dict[str, tuple[str, int]] = {}
        self._progress = progress

    def add(self, file: str, line: int, read: Callable[[], RawPost]) -> None:
        """Keep the post that `read` gives, or the reason why there is none."""
        try:
            post = read()
            if post.id in self._first_seen:
                where, at = self._first_seen[post.id]
                raise ValueError(f"its id was seen before, in {where} line {at}")
        except ValueError as error:
            self.bad.append(BadLine(file, line, str(error)))
        else:
            self._first_seen[post.id] = (file, line)
            self.posts.append(post)
        if self._progress and line % PROGRESS_LINES == 0:
            self._progress(f"{file}: {line:,} lines read")

    def reading(self, *remarks: str) -> Reading:
        return Reading(self.posts, self.bad, remarks)


def numbered(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Non-empty lines with their numbers from 1."""
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip())


SCHEMA: dict[str, type[pl.DataType]] = {
    "id": pl.String,
    "parent": pl.String,
    "thread": pl.String,
    "author": pl.String,
    "time": pl.Float64,
    "text": pl.String,
    "status": pl.String,
    "score": pl.Int64,
    "controversial": pl.Boolean,
    "up": pl.Int64,
    "down": pl.Int64,
    "kind": pl.String,
    "moderator": pl.Boolean,
}


def number_posts(raw: list[RawPost]) -> pl.DataFrame:
    """The table of posts in order of time: `post`, `thread`, `parent` are integers from 1, `minute` counts
    whole minutes since the first post, `kind` is `thread` for the post that opens one, else `reply`.

    A reply whose parent is not in the record has a null parent and stays a reply; a blank text is
    none. The source's ids and times are dropped, since one exact id or time identifies its author.
    """
    table = pl.DataFrame(raw, schema=SCHEMA, orient="row").sort("time", maintain_order=True)
    itself = pl.col("parent") == pl.col("id")
    blank = pl.col("text").str.strip_chars() == ""
    table = table.with_columns(
        parent=pl.when(itself).then(None).otherwise(pl.col("parent")),
        text=pl.when(blank).then(None).otherwise(pl.col("text")),
    )
    table = table.with_row_index("post", offset=1).with_columns(pl.col("post").cast(pl.Int64))
    ids = table.select(pl.col("id").alias("parent"), pl.col("post").alias("parent_post"))
    table = table.join(ids, on="parent", how="left", maintain_order="left")
    table = table.with_columns(
        thread=pl.Series(_threads(table), dtype=pl.String),
        minute=((pl.col("time") - pl.col("time").min()) // 60).cast(pl.Int64),
    )
    opener = (pl.col("kind") == "thread") | (
        pl.col("kind").is_null()
        & pl.col("parent").is_null()
        & (pl.col("post") == pl.col("post").filter(pl.col("parent").is_null()).min().over("thread"))
    )
    table = table.with_columns(kind=pl.when(opener).then(pl.lit("thread")).otherwise(pl.lit("reply")))
    threads = table.select("thread").unique(maintain_order=True).with_row_index("number", offset=1)
    table = table.join(threads, on="thread", how="left", maintain_order="left")
    table = table.with_columns(
        thread=pl.col("number").cast(pl.Int64),
        parent=pl.when(opener).then(None).otherwise(pl.col("parent_post")),
    )
    return table.drop("id", "time", "number", "parent_post")


def _threads(table: pl.DataFrame) -> list[str]:
    """The thread of each row: its own, else that of its parent, up to the opening post."""
    parent = dict(zip(table["id"], table["parent"], strict=True))
    thread = dict(zip(table["id"], table["thread"], strict=True))
    for start in parent:
        path, here = [], start
        while thread.get(here) is None:
            path.append(here)
            thread[here] = here  # also ends a circle of parents
            up = parent.get(here)
            if up is None:
                break
            here = up
        found = thread[here]
        for each in path:
            thread[each] = found
    return [thread[each] for each in table["id"]]


def write_bad_lines(bad: list[BadLine], path: Path) -> None:
    """Write the bad lines as CSV; a cell that would be a formula in a spreadsheet gets an apostrophe."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(BadLine._fields)
        writer.writerows((_safe_cell(each.file), each.line, _safe_cell(each.reason)) for each in bad)
    partial.replace(path)


def _safe_cell(text: str) -> str:
    return "'" + text if text[:1] in tuple("=+-@\t\r") else text


def write_posts(posts: pl.DataFrame, path: Path) -> None:
    """Write the table of posts as Parquet, under a temporary name first."""
    partial = path.with_name(path.name + ".partial")
    posts.write_parquet(partial)
    partial.replace(path)
