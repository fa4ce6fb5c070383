"""Writes the folder of an imported community: whole files or none, texts sorted through a nameless file."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from windtunnel.analysis.importers.people.scrubbing import Marks, scrubbed
from windtunnel.analysis.importers.posts.gathering import Record, Texts, chunks
from windtunnel.analysis.importers.posts.raw import BadLine

POSTS, PROFILE, BAD_LINES = "posts.parquet", "profile.yaml", "bad_lines.csv"
LEARNED = "learned.yaml"
MODERATION, TONE_ERRORS, SOURCE = "moderation.parquet", "tone_errors.json", "import.json"

BUCKET = 100_000
"""Posts put in order, and written, at a time."""

COLUMNS = {
    "post": pl.Int64,
    "thread": pl.Int64,
    "parent": pl.Int64,
    "kind": pl.String,
    "author": pl.String,
    "role": pl.String,
    "minute": pl.Int64,
    "tone": pl.String,
    "status": pl.String,
    "score": pl.Int64,
    "controversial": pl.Boolean,
    "up": pl.Int64,
    "down": pl.Int64,
    "labelled": pl.Boolean,
    "heated": pl.Float32,
    "hostile": pl.Float32,
    "text": pl.String,
}
"""Columns of posts.parquet; the last eight only where the record has them. `labelled`: the tone was set by hand, or came with the
record; `heated`, `hostile`: the probabilities that a reader gave."""


def write_posts(posts: pl.DataFrame, record: Record, marks: Marks, path: Path) -> None:
    """Write posts.parquet: `posts` in order of `post`, with the texts of the record, names taken out."""
    optional = [name for name in ("score", "controversial", "up", "down") if posts[name].is_not_null().any()]
    spoken = bool(posts["spoken"].any())
    optional += ["labelled"] if posts["labelled"].any() else []
    optional += ["heated", "hostile"] if posts["heated"].is_not_null().any() else []
    names = [*list(COLUMNS)[:9], *optional, *(["text"] if spoken else [])]
    schema = {name: COLUMNS[name] for name in names}
    partial = _partial(path)
    try:
        if spoken:
            from polars.io.plugins import register_io_source

            def parts(columns: Any, predicate: Any, rows: Any, size: Any) -> Iterator[pl.DataFrame]:
                for part in _with_texts(posts, record, marks, path.parent):
                    yield part.select(columns or names)

            register_io_source(parts, schema=schema).sink_parquet(partial, row_group_size=BUCKET)
        else:
            posts.select(names).write_parquet(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _with_texts(posts: pl.DataFrame, record: Record, marks: Marks, folder: Path) -> Iterator[pl.DataFrame]:
    """The posts, bucket by bucket. Texts come in the order of reading and leave in that of time."""
    number = np.zeros(int(posts["row"].max()) + 1, np.int64)  # type: ignore[arg-type]
    number[posts["row"].to_numpy()] = posts["post"].to_numpy()
    waiting, places = Texts(folder), dict[int, list[int]]()
    try:
        for start, chunk in chunks(record):
            own = number[start : start + chunk.height]
            own = np.concatenate([own, np.zeros(chunk.height - len(own), np.int64)])
            held = chunk.with_columns(post=pl.Series(own)).filter(
                pl.col("text").is_not_null() & (pl.col("post") > 0)
            )
            said = pl.Series("text", scrubbed(held["text"].to_list(), marks), dtype=pl.String)
            held = held.with_columns(said, bucket=(pl.col("post") - 1) // BUCKET)
            for (bucket,), part in held.group_by("bucket"):
                places.setdefault(int(bucket), []).append(len(waiting))  # type: ignore[call-overload]
                waiting.add(part.select("post", "text"))
        empty = pl.DataFrame(schema={"post": pl.Int64, "text": pl.String})
        for bucket in range(-(-posts.height // BUCKET)):
            texts = pl.concat([empty, *(waiting[place] for place in places.get(bucket, ()))])
            rows = posts.slice(bucket * BUCKET, BUCKET).join(
                texts, on="post", how="left", maintain_order="left"
            )
            yield rows.select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
    finally:
        waiting.close()


def _partial(path: Path) -> Path:
    """The temporary name of a file, free: what stands there may be a link out of the folder."""
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    return partial


def write_table(table: pl.DataFrame, path: Path) -> None:
    partial = _partial(path)
    table.write_parquet(partial)
    partial.replace(path)


def write_json(content: Any, path: Path) -> None:
    partial = _partial(path)
    partial.write_text(
        json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
    )
    partial.replace(path)


def write_bad_lines(bad: list[BadLine], path: Path) -> None:
    """Write the bad lines as CSV; a cell that would be a formula in a spreadsheet gets an apostrophe."""
    partial = _partial(path)
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(BadLine._fields)
        writer.writerows((each.file, each.line, _safe_cell(each.reason)) for each in bad)
    partial.replace(path)


def _safe_cell(text: str) -> str:
    return "'" + text if text[:1] in tuple("=+-@\t\r") else text
