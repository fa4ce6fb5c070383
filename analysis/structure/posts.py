"""One table of posts for all that follows, from an imported community or from the runs of a folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.outcomes import RUN
from windtunnel.analysis.outcomes.forum import published
from windtunnel.sim.communities.forum.posts import minutes_into_step

COLUMNS = {
    "post": pl.Int64,
    "parent": pl.Int64,
    "thread": pl.Int64,
    "author": pl.Int64,
    "minute": pl.Float64,
}
"""A row a post, in the order of time: `parent` is null where a thread begins or the parent is not there, `author` a
number, null where nobody is named; `thread` is the post that opens it."""


def of_import(folder: Folder) -> pl.DataFrame:
    """The posts of an imported community, bots among them; `ValueError` where it lacks times or parents."""
    from windtunnel.analysis.importers.imported.lacking import refuse_lacking

    if not folder.posts.is_file():
        raise ValueError(
            f"{folder.path} holds no posts.parquet: give the output folder of `windtunnel import`"
        )
    refuse_lacking(folder.path, ("time", "parent"), "the structure of its threads")
    posts = folder.read_table("posts")
    opening = posts.filter(pl.col("kind") == "thread").select("thread", opens="post")
    names = posts["author"].unique().drop_nulls().sort()
    numbers = dict(zip(names.to_list(), range(len(names)), strict=True))
    return _tidy(
        posts.join(opening, on="thread", how="left", maintain_order="left").with_columns(
            author=pl.col("author").replace_strict(numbers, default=None, return_dtype=pl.Int64),
            thread=pl.coalesce("opens", -pl.col("thread")),
            minute=pl.col("minute").cast(pl.Float64),
        )
    )


def of_runs(folder: Folder, arm: str = "baseline") -> Iterator[pl.DataFrame]:
    """The posts that others could read, run by run of an arm; a member whose name would not be told has none."""
    config: dict[str, Any] = folder.read_json(folder.manifest).get("config") or {}
    hours = float((config.get("community") or {}).get("step_hours", 1))
    phases = int((config.get("mind") or {}).get("steps_an_hour") or 1)
    events, links = folder.read_table("events"), folder.read_table("links")
    members = folder.read_table("members")
    for (draw, seed), part in events.filter(pl.col("arm") == arm).group_by(
        "draw", "seed", maintain_order=True
    ):
        here = [pl.col("draw") == draw, pl.col("seed") == seed, pl.col("arm") == arm]
        yield posts_of_run(part, links.filter(here), members.filter(here), hours, phases)


def posts_of_run(
    events: pl.DataFrame, links: pl.DataFrame, members: pl.DataFrame, step_hours: float, phases: int
) -> pl.DataFrame:
    """The table of one run; a step of `step_hours` has so many `phases`, which ids of posts tell."""
    opened = events.filter(pl.col("kind").is_in(["open", "spark"])).select(
        *RUN, "target", "member", "step", "place"
    )
    there = pl.concat([published(events).select(*RUN, "target", "member", "step", "place"), opened])
    if "unnamed" in members.columns:
        nobody = members.filter(pl.col("unnamed") > 0)["member"]
        there = there.with_columns(
            member=pl.when(pl.col("member").is_in(nobody.implode())).then(None).otherwise("member")
        )
    later = pl.Series(minutes_into_step(there["target"].to_numpy(), step_hours, phases))
    return _tidy(
        there.with_columns(minute=pl.col("step") * 60 * step_hours + later)
        .unique("target", keep="first", maintain_order=True)
        .join(links.select("target", "parent"), on="target", how="left", maintain_order="left")
        .select("parent", "minute", post="target", thread="place", author="member")
    )


def _tidy(posts: pl.DataFrame) -> pl.DataFrame:
    known = pl.col("parent").is_in(posts["post"].implode())
    return (
        posts.with_columns(parent=pl.when(known).then("parent").otherwise(None))
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("minute", "post")
    )


def is_import(path: Path) -> bool:
    """Whether the folder is an imported community's."""
    return Folder(path).posts.is_file()
