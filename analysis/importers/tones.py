"""Gives the posts of a record their tone: what the record says, what a reader hears in the words, or a rule about votes."""

from typing import Any, NamedTuple

import polars as pl

from windtunnel.analysis.importers.gathering import Record, chunks
from windtunnel.analysis.importers.posts import Progress

FAST, BETTER = "words", "english"


class Heard(NamedTuple):
    """Posts with their tone, what gave it, and what there is to say about it."""

    posts: pl.DataFrame
    source: str
    remarks: tuple[str, ...]


def reader_for(asked: str | None, posts: int) -> Any:
    """The reader that reads a record again: the one asked for, else `english` where it is small; None: only `words`."""
    from windtunnel.analysis.tones.hearing import SMALL
    from windtunnel.analysis.tones.registry import reader

    name = asked or (BETTER if posts <= SMALL else FAST)
    return None if name == FAST else reader(name)


def with_tones(posts: pl.DataFrame, record: Record, asked: str | None, tell: Progress) -> Heard:
    """What the record says counts first, then what is heard in the words, else the rule about votes; else none.

    A record with words has no guesses from votes: the two would not mean the same.
    """
    from windtunnel.analysis.tone import scorer_name
    from windtunnel.analysis.tone_proxy import proxy_name, proxy_tone, starting_score

    spoken = bool(posts["spoken"].any())
    posts = posts.with_columns(pl.col("status", "heard", "tone").cast(pl.String))
    told = pl.col("tone").is_not_null()
    reader = reader_for(asked, posts.height) if spoken and posts["tone"].has_nulls() else None
    posts = _again(posts, record, reader, tell) if reader else posts.with_columns(*_NOTHING)
    start = starting_score(posts)
    guessed = pl.lit(None, pl.String) if spoken else proxy_tone(start)
    posts = posts.with_columns(tone=pl.coalesce("tone", "heard", guessed), told=told, labelled=told)
    posts = posts.with_columns(pl.when(~pl.col("told")).then(pl.col(name)).alias(name) for name in _SHARES)
    heard = posts.filter(~pl.col("told"))
    sources = []
    if heard["spoken"].any():
        sources.append(
            f"{reader.name} {reader.version}, at shares of an ordinary place" if reader else scorer_name()
        )
    if not heard.filter(~pl.col("spoken") & pl.col("tone").is_not_null()).is_empty():
        sources.append(proxy_name(start))
    if posts["told"].any():
        sources.append(f"{posts['told'].sum()} as the record says")
    source = "; ".join(sources) or "none: neither texts nor scores"
    unread = heard.filter(pl.col("spoken") & pl.col("tone").is_null()).height
    remarks = (f"{unread:,} posts {_UNREAD}",) if unread else ()
    return Heard(posts.drop("heard"), source, remarks)


_SHARES = ("heated", "hostile")
_NOTHING = tuple(pl.lit(None, pl.Float32).alias(name) for name in _SHARES)
_UNREAD = (
    "are in a language that no reader here reads: they have no tone, and an incident of a thread that is mostly unread is "
    "not called one"
)


def _again(posts: pl.DataFrame, record: Record, reader: Any, tell: Progress) -> pl.DataFrame:
    from windtunnel.analysis.tones.hearing import heard_again

    tell(f"{reader.name} reads the posts again")
    found = heard_again(chunks(record), reader).rename({"tone": "again"})
    posts = posts.with_columns(pl.col("row").cast(pl.Int64)).join(
        found, on="row", how="left", maintain_order="left"
    )
    return posts.with_columns(heard=pl.when(pl.col("spoken")).then(pl.col("again"))).drop("again")
