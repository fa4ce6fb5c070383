"""One table of acts for every source, so that a rule reads a simulated run and an imported record alike."""

from pathlib import Path

import polars as pl

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.outcomes import RUN, published

ACTS = {
    "draw": pl.Int32,
    "seed": pl.Int32,
    "arm": pl.String,
    "step": pl.Int64,
    "ordinal": pl.Int64,
    "member": pl.String,
    "kind": pl.String,
    "post": pl.Int64,
    "parent": pl.Int64,
    "answered": pl.String,
    "place": pl.Int64,
    "tone": pl.String,
    "newcomer": pl.Boolean,
    "text": pl.String,
    "removed": pl.Boolean,
}
"""`step` is a run's step, or a record's minute; `post` is the post written (null for leaving), `parent` the one it
answers and `answered` who wrote that, null where that is not in the record; a record is one run of the arm `record`.
Only posts that others could read; `removed` are those that were taken away later and not put back."""

RECORD = "record"
NEEDED = {"post", "thread", "parent", "author", "minute", "kind", "tone"}
"""Columns of an imported community's posts that its acts are made of."""
NEWCOMER_MINUTES = 24 * 60
TAKEN = ("removed", "gone")
"""Statuses of a record's posts that are no longer there for readers: taken by moderators, or by nobody known."""


def acts_of_run(
    events: pl.DataFrame, links: pl.DataFrame, members: pl.DataFrame, removals: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The acts of simulated runs, from their events, links and members.

    A held post counts from its approval on. To leave is a member's choice; who drifts away leaves no act. `removals` are the events
    that may have taken a post away before anybody read it, if not all.
    """
    opened = events.filter(pl.col("kind").is_in(["open", "spark"]))
    left = events.filter((pl.col("kind") == "leave") & (pl.col("status") == "done"))
    left = left.with_columns(target=None, place=None)
    rows = pl.concat([published(events, removals), opened, left]).rename({"target": "post"})
    authors = rows.filter(pl.col("post").is_not_null()).select(*RUN, "post", "member").unique([*RUN, "post"])
    answers = links.rename({"target": "post"}).join(
        authors.rename({"post": "parent", "member": "answered"}), on=[*RUN, "parent"], how="left"
    )
    new = members.select(*RUN, "member", newcomer=pl.col("group") == "newcomer")
    rows = rows.join(answers, on=[*RUN, "post"], how="left").join(new, on=[*RUN, "member"], how="left")
    rows = rows.join(_taken(events), on=[*RUN, "post"], how="left")
    kind = (
        pl.when(pl.col("kind") == "leave")
        .then(pl.lit("leave"))
        .when(pl.col("post") == pl.col("place"))
        .then(pl.lit("post"))
        .otherwise(pl.lit("reply"))
    )
    return _ordered(rows.with_columns(kind=kind))


def _taken(events: pl.DataFrame) -> pl.DataFrame:
    """The posts (with their run) whose last act of a moderator took them away, each `removed`."""
    acts = events.filter(pl.col("kind").is_in(["remove", "restore"])).sort("step", "ordinal")
    last = acts.group_by(*RUN, post="target").agg(pl.col("kind").last())
    return last.filter(pl.col("kind") == "remove").select(*RUN, "post", removed=True)


def acts_of_import(posts: pl.DataFrame, moderation: pl.DataFrame | None = None) -> pl.DataFrame:
    """The acts of an imported record. A newcomer was first seen less than a day ago, and not in the first day.

    A reply to what is not in the record answers nobody in it. `moderation` are the acts of moderators beside it, which
    say of more posts that they were removed.
    """
    authors = posts.select(parent="post", answered="author")
    first = pl.col("minute").min().over("author")
    rows = posts.join(authors, on="parent", how="left", maintain_order="left").with_columns(
        draw=0,
        seed=0,
        arm=pl.lit(RECORD),
        step=pl.col("minute"),
        ordinal=pl.int_range(pl.len()),
        member=pl.col("author"),
        kind=pl.when(pl.col("kind") == "thread").then(pl.lit("post")).otherwise(pl.lit("reply")),
        place=pl.col("thread"),
        newcomer=(pl.col("minute") - first < NEWCOMER_MINUTES) & (first >= NEWCOMER_MINUTES),
        text=pl.col("text") if "text" in posts.columns else pl.lit(None),
        removed=pl.col("status").cast(pl.String).is_in(TAKEN) if "status" in posts.columns else pl.lit(False),
    )
    if moderation is not None:
        rows = rows.with_columns(pl.col("removed") | pl.col("post").is_in(_taken_by(moderation)))
    return _ordered(rows)


def moderation_of(folder: Folder) -> pl.DataFrame | None:
    """The acts of moderators that an import was given; None where it was given none."""
    return folder.read_table("moderation") if folder.table("moderation").is_file() else None


def _taken_by(moderation: pl.DataFrame) -> list[int]:
    """The posts that the last act about them, of those with a time, removed."""
    acts = moderation.filter(pl.col("act").is_in(["remove", "approve"])).drop_nulls(["minute", "post"])
    last = acts.sort("minute", maintain_order=True).group_by("post").agg(pl.col("act").last())
    return last.filter(pl.col("act") == "remove")["post"].to_list()


def read_acts(folder: Path) -> tuple[pl.DataFrame, float]:
    """The acts of a run's folder or of an imported community's, and the hours that a step of them lasts.

    Raises `ValueError` for a folder that is neither.
    """
    place = Folder(folder)
    if place.manifest.is_file():
        manifest = place.read_json(place.manifest)
        try:
            hours = float(manifest["config"]["community"]["step_hours"])
        except (KeyError, TypeError, ValueError):
            raise ValueError(f"{place.manifest} is not one that `windtunnel run` writes") from None
        return acts_of_run(*(place.read_table(name) for name in ("events", "links", "members"))), hours
    if place.posts.is_file():
        posts = place.read_table("posts")
        if missing := NEEDED - set(posts.columns):
            raise ValueError(f"{place.posts} has no column {min(missing)}: import the community again")
        return acts_of_import(posts, moderation_of(place)), 1 / 60
    raise ValueError(
        f"{folder} holds neither manifest.json nor posts.parquet: give the output folder of `windtunnel run` "
        "or of `windtunnel import`"
    )


def _ordered(rows: pl.DataFrame) -> pl.DataFrame:
    chosen = rows.select(pl.col(name).cast(dtype) for name, dtype in ACTS.items())
    chosen = chosen.with_columns(pl.col("removed").fill_null(False))
    return chosen.sort(*RUN, "step", "ordinal", maintain_order=True)
