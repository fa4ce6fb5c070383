"""Keeps the words that a model wrote for an incident's simulated posts, and puts them into its thread."""

from pathlib import Path
from typing import Any

import polars as pl

from windtunnel.analysis.folder import Folder

PLACE = "words"


def keep(folder: Folder, record: dict[str, Any]) -> None:
    """Write what `windtunnel words` made, `record`, beside the run and bound to it."""
    path = _path(folder, record["incident"])
    path.parent.mkdir(exist_ok=True)
    folder.write_json(path, record | {"events_sha256": _run(folder)})


def with_words(folder: Folder, incident: str, thread: pl.DataFrame) -> pl.DataFrame:
    """`thread` with the words kept for the posts that have none; as it was where none were written for this run.

    They belong to what happened: a post that would have been otherwise has no words. `ValueError` for a file that says
    something else.
    """
    path = _path(folder, incident)
    if not path.is_file():
        return thread
    record = folder.read_json(path)
    if record.get("events_sha256") != _run(folder):
        return thread
    try:
        rows = [(int(one["post"]), str(one["text"])) for one in record["posts"]]
        known = pl.DataFrame(rows, schema={"post": pl.Int64, "kept": pl.String}, orient="row").unique("post")
    except (KeyError, TypeError, ValueError, OverflowError):
        raise ValueError(f"{path} is not what `windtunnel words` writes: delete it") from None
    joined = thread.join(known, on="post", how="left", maintain_order="left")
    happened = pl.when(pl.col("was").is_not_null()).then("kept")
    return joined.with_columns(text=pl.coalesce("text", happened)).drop("kept")


def _path(folder: Folder, incident: str) -> Path:
    return folder.path / PLACE / f"{incident}.json"


def _run(folder: Folder) -> str | None:
    return folder.read_json(folder.manifest).get("events_sha256")
