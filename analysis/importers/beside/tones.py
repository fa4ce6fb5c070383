"""Gives the posts of a record their tone: what the record says, what a reader hears in the words, or a rule about votes."""

from typing import Any, NamedTuple

import numpy as np
import polars as pl

from windtunnel.analysis.importers.posts.gathering import Record, chunks
from windtunnel.analysis.importers.posts.raw import Progress

FAST, BETTER = "words", "english"
TAKEN = ", at shares of an ordinary place"
"""What a profile says of a reader whose chances are moved to `hearing.ORDINARY`. Kept as it is: profiles hold it."""


class Heard(NamedTuple):
    """Posts with their tone, what gave it, and what there is to say about it."""

    posts: pl.DataFrame
    source: str
    remarks: tuple[str, ...]


def reader_for(asked: str | None) -> Any:
    """The reader that reads a record again, `english` unless another is asked for; None: `words` alone.

    One that says nothing about its error and reads English is examined first.
    """
    from windtunnel.analysis.tones.examined import Examined
    from windtunnel.analysis.tones.registry import reader

    if asked == FAST:
        return None
    found = reader(asked or BETTER)
    unknown = found.error is None and (not found.languages or "en" in found.languages)
    return Examined(found) if unknown else found


def with_tones(posts: pl.DataFrame, record: Record, asked: str | None, tell: Progress) -> Heard:
    """What the record says counts first, then what is heard in the words, else the rule about votes; else none.

    A record with words has no guesses from votes: the two would not mean the same.
    """
    from windtunnel.analysis.tones.hearing import SMALL
    from windtunnel.analysis.tones.proxy import proxy_name, proxy_tone, starting_score
    from windtunnel.analysis.tones.scorer import scorer_name

    spoken = bool(posts["spoken"].any())
    posts = posts.with_columns(pl.col("status", "heard", "tone").cast(pl.String))
    told = pl.col("tone").is_not_null()
    reader = reader_for(asked) if spoken and posts["tone"].has_nulls() else None
    large = asked is None and posts.height > SMALL
    posts = _again(posts, record, reader, large, tell) if reader else posts.with_columns(*_NOTHING)
    start = starting_score(posts)
    guessed = pl.lit(None, pl.String) if spoken else proxy_tone(start)
    posts = posts.with_columns(tone=pl.coalesce("tone", "heard", guessed), told=told, labelled=told)
    posts = posts.with_columns(pl.when(~pl.col("told")).then(pl.col(name)).alias(name) for name in _SHARES)
    heard = posts.filter(~pl.col("told"))
    sources = []
    if heard["spoken"].any():
        sources.append(_named(reader, large) if reader else scorer_name())
    if not heard.filter(~pl.col("spoken") & pl.col("tone").is_not_null()).is_empty():
        sources.append(proxy_name(start))
    if posts["told"].any():
        sources.append(f"{posts['told'].sum()} as the record says")
    source = "; ".join(sources) or "none: neither texts nor scores"
    remarks = []
    if reader and (found := getattr(reader, "examination", None)):
        remarks.append(f"the reader {reader.name} does not say how it errs. {found.words}")
    return Heard(posts.drop("heard"), source, tuple(remarks))


def unread(posts: pl.DataFrame) -> list[str]:
    """How many posts with words have no tone, as a sentence; nothing where all have one."""
    count = posts.filter(pl.col("spoken") & pl.col("tone").is_null()).height
    return [f"{count:,} {'post is' if count == 1 else 'posts are'} {_UNREAD}"] if count else []


def tone_words(source: str) -> str:
    """What gave the posts their tone, as people say it; `source` is the words of a profile.

    >>> tone_words("english 4, at shares of an ordinary place; 3 by hand")
    'read by english 4 (taking this for an ordinary place, where 94 in 100 posts are civil, 5 heated and 1 hostile; labels of yours tell it how this one is: windtunnel label); 3 by hand'
    >>> tone_words("all 20 set by hand")
    'all 20 set by hand'
    """
    from windtunnel.analysis.tones.hearing import ORDINARY
    from windtunnel.analysis.tones.scorer import scorer_name

    civil, heated, hostile = (f"{100 * share:.0f}" for share in ORDINARY)
    place = f"where {civil} in 100 posts are civil, {heated} heated and {hostile} hostile"
    read = "read by " if TAKEN in source or source.startswith(scorer_name()) else ""
    return read + source.replace(
        TAKEN,
        f" (taking this for an ordinary place, {place}; labels of yours tell it how this one is: windtunnel label)",
    )


_SHARES = ("heated", "hostile")
_NOTHING = tuple(pl.lit(None, pl.Float32).alias(name) for name in _SHARES)
_UNREAD = "in a language that no reader here reads, and without a tone: an incident of a thread that is mostly unread is not called one"


def _named(reader: Any, large: bool) -> str:
    from windtunnel.analysis.tones.scorer import scorer_name

    own = f"{reader.name} {reader.version}{TAKEN}"
    return f"{scorer_name()}; what it suspects read again by {own}" if large else own


def _again(posts: pl.DataFrame, record: Record, reader: Any, large: bool, tell: Progress) -> pl.DataFrame:
    """What a reader hears in place of what was heard; of a large record only in posts that are not called civil."""
    from windtunnel.analysis.tones.hearing import heard_again

    tell(f"{reader.name} reads {'what words suspects' if large else 'the posts'} again")
    posts = posts.with_columns(pl.col("row").cast(pl.Int64))
    wanted = pl.col("spoken") & (pl.col("heard").is_in(["heated", "hostile"]) if large else pl.lit(True))
    only = np.zeros(posts["row"].to_numpy().max() + 1, bool)
    only[posts.filter(wanted)["row"].to_numpy()] = True
    found = heard_again(chunks(record), reader, only).rename({"tone": "again"})
    posts = posts.join(found, on="row", how="left", maintain_order="left")
    return posts.with_columns(heard=pl.when(wanted).then("again").otherwise("heard")).drop("again")
