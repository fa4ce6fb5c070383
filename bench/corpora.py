"""Recorded communities that benches bring in by themselves: which file, which columns, which rows."""

import os
import tempfile
from pathlib import Path
from typing import NamedTuple

import polars as pl

from windtunnel.analysis.importers import import_corpus, parse_mapping

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("WINDTUNNEL_SHARED", ROOT.parent / "shared")) / "data"


class Corpus(NamedTuple):
    """A table under the folder of data, its columns by role, and the channel that is taken of it."""

    file: str
    columns: str
    channel: str = ""


_IRC = "id=post_id,parent=parent_id,thread=conversation_id,author=author,text=text,time=time"
_STACK = (
    "id=post_id,parent=parent_id,thread=conversation_id,author=author,time=created_at,kind=kind,text=text"
)
CORPORA = {
    "r/Feminism": Corpus(
        "reddit-feminism-2017h2/posts.parquet",
        "id=post_id,parent=parent_id,thread=conversation_id,author=author,minute=minute,kind=kind,"
        "status=status,score=score,controversial=controversiality",
    ),
    "#ubuntu": Corpus("irc-disentangled/messages.parquet", _IRC, "ubuntu"),
    "bicycles.meta": Corpus("stackexchange-bicycles-meta/posts.parquet", _STACK),
    "conlang.meta": Corpus("stackexchange-conlang-meta/posts.parquet", _STACK),
    "#rust": Corpus("irc-disentangled/messages.parquet", _IRC, "rust"),
    "#stripe": Corpus("irc-disentangled/messages.parquet", _IRC, "stripe"),
    "#mediawiki": Corpus("irc-disentangled/messages.parquet", _IRC, "mediawiki"),
    "#ubuntu-meeting": Corpus("irc-disentangled/messages.parquet", _IRC, "ubuntu-meeting"),
    "Moltbook": Corpus(
        "moltbook-2026-01/posts.parquet",
        "id=post_id,parent=parent_id,thread=conversation_id,author=author,minute=minute,up=upvotes,down=downvotes",
    ),
    "r/Ireland": Corpus(
        "reddit-ireland-2019/all.parquet", "id=id,parent=parent_id,thread=discussion,time=time"
    ),
}


def bring_in(name: str, into: Path, data: Path = SHARED) -> Path:
    """Import one of `CORPORA` into a folder of its own under `into`, and give that folder."""
    corpus = CORPORA[name]
    out = into / "".join(each for each in name.lower() if each.isalnum())
    path = data / corpus.file
    with tempfile.TemporaryDirectory() as place:
        if corpus.channel:
            path = Path(place) / "posts.parquet"
            posts = pl.scan_parquet(data / corpus.file).filter(pl.col("channel") == corpus.channel)
            # Minutes go beyond 1,440 where a sample runs into the next day.
            day = pl.col("date").str.to_datetime("%Y-%m-%d")
            time = day + pl.duration(minutes=pl.col("minute_of_day"))
            posts.with_columns(time=time.dt.to_string("%Y-%m-%dT%H:%M:%S")).collect().write_parquet(path)
        import_corpus(
            "table",
            path,
            out,
            mapping=parse_mapping(corpus.columns),
            key_file=Path(place) / "pseudonym.key",
        )
    return out
