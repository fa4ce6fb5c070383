"""Takes a person or a thread out of an imported folder and out of the response store."""

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from windtunnel.agents.llm.store import ResponseStore
from windtunnel.agents.llm.store_file import aside_of
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.importers.imported import written
from windtunnel.analysis.importers.imported.forgotten import FORGOTTEN, Forgotten, read_forgotten
from windtunnel.analysis.importers.people.identities import IDENTITIES, Identities, read_identities
from windtunnel.analysis.importers.people.scrubbing import STRANGER
from windtunnel.analysis.importers.people.sealing import SOURCES, without
from windtunnel.analysis.tones.kept_labels import without_posts
from windtunnel.analysis.tones.labelling import LABELLING

OURS = frozenset(
    {
        written.POSTS,
        written.PROFILE,
        written.LEARNED,
        written.BAD_LINES,
        written.MODERATION,
        written.TONE_ERRORS,
    }
    | {written.SOURCE, IDENTITIES, FORGOTTEN, SOURCES, LABELLING}
)
"""What an import and this file write: cleaned row by row. They name nobody, or are named here."""
QUOTING = frozenset({".html", ".json", ".md", ".txt", ".csv", ".svg", ".ndjson", ".jsonl", ".partial"})
"""Endings of pages and records that quote posts, as `windtunnel why` writes them."""
_AT_ONCE = 500


class Gone(NamedTuple):
    """What was taken away: posts, mentions in others' texts, moderators' acts, files, and the store's answers.

    `set_aside` are damaged stores beside the cleaned ones, which may still hold such answers.
    """

    posts: int
    mentions: int
    acts: int
    files: tuple[str, ...]
    answers: int
    set_aside: tuple[str, ...]


class Target(NamedTuple):
    """One of both: a pseudonym, or the number of a thread."""

    author: str | None = None
    thread: int | None = None


def target_of(identities: Identities, folder: Path, author: str | None, thread: int | None) -> Target:
    """The person or thread meant; `ValueError` where the folder has no such one."""
    known = author in identities.authors if author is not None else thread in identities.threads
    if not known:
        what = f"author {author}" if author is not None else f"thread {thread}"
        raise ValueError(f"{folder} holds no {what}: nothing was changed")
    return Target(author, thread)


def forget(folder: Path, target: Target, stores: Sequence[Path]) -> Gone:
    """Take the target out of posts, moderators' acts, pages and the answers in `stores`, and note its hash.

    A person's answers are those made of their own words and those of any thread that they wrote in or are named
    in. The identities go last: until then the same command can be given again.
    """
    place, identities = Folder(folder), read_identities(folder)
    posts = place.read_table("posts")
    gone = pl.col("author") == target.author if target.author else pl.col("thread") == target.thread
    theirs = posts.filter(gone.fill_null(False))
    naming = _naming(posts, target)
    threads = {target.thread} if target.author is None else {*theirs["thread"], *naming["thread"]}
    _note(place, identities, target)
    answers = sum(_clean(path, _keys(identities, target, threads), _earlier(place)) for path in stores)
    files = tuple(sorted(str(path.relative_to(folder)) for path in _quoting(folder)))
    for name in files:
        (folder / name).unlink()
    acts = _without_acts(place, theirs, posts, target)
    place.write_table("posts", _left(posts, theirs, target))
    if (folder / SOURCES).is_file():
        opened = theirs.filter(pl.col("kind") == "thread")["thread"].to_list()
        lost = [*opened, *([target.thread] if target.thread is not None else [])]
        kept = without(place.read_table(Path(SOURCES).stem), theirs["post"].to_list(), lost)
        place.write_table(Path(SOURCES).stem, kept)
    left = place.read_table(Path(IDENTITIES).stem).filter(
        ~((pl.col("kind") == "author") & (pl.col("label") == (target.author or ""))),
        ~((pl.col("kind") == "thread") & (pl.col("label") == str(target.thread))),
    )
    place.write_table(Path(IDENTITIES).stem, left)
    without_posts(folder, theirs["post"].to_list())
    mentions = naming.filter(~pl.col("post").is_in(theirs["post"].implode())).height
    aside = tuple(str(each) for store in stores for each in aside_of(store))
    return Gone(theirs.height, mentions, acts, files, answers, aside)


def _note(place: Folder, identities: Identities, target: Target) -> None:
    check = place.read_json(place.path / written.SOURCE).get("key_check")
    known = read_forgotten(place.path) or Forgotten(identities.community, str(check))
    if target.author is not None:
        known = known._replace(authors=known.authors | {identities.authors[target.author]})
    elif target.thread is not None:
        known = known._replace(threads=known.threads | {identities.threads[target.thread]})
    place.write_json(place.path / FORGOTTEN, known.content)


def _pattern(target: Target) -> str:
    return rf"\b{re.escape(target.author or '')}\b"


def _naming(posts: pl.DataFrame, target: Target) -> pl.DataFrame:
    """The posts whose text names a person, whoever wrote them."""
    if target.author is None or "text" not in posts.columns:
        return posts.clear()
    return posts.filter(pl.col("text").str.contains(_pattern(target)).fill_null(False))


def _left(posts: pl.DataFrame, theirs: pl.DataFrame, target: Target) -> pl.DataFrame:
    left = posts.join(theirs.select("post"), on="post", how="anti", maintain_order="left")
    left = left.with_columns(parent=pl.when(pl.col("parent").is_in(left["post"].implode())).then("parent"))
    if target.author is not None and "text" in left.columns:
        left = left.with_columns(text=pl.col("text").str.replace_all(_pattern(target), STRANGER))
    return left


def _without_acts(place: Folder, theirs: pl.DataFrame, posts: pl.DataFrame, target: Target) -> int:
    """Drop the acts on what is gone; one that a forgotten person did stays, done by `moderator`."""
    if not place.table("moderation").is_file():
        return 0
    acts = place.read_table("moderation")
    still = posts.join(theirs.select("post"), on="post", how="anti")["thread"].unique()
    lost = (
        pl.col("post").is_in(theirs["post"].implode())
        | (pl.col("thread").is_not_null() & ~pl.col("thread").is_in(still.implode()))
        | (pl.col("member") == pl.lit(target.author, pl.String))
    )
    left = acts.filter(~lost.fill_null(False))
    if target.author is not None:
        by = pl.when(pl.col("actor") == target.author).then(pl.lit("moderator")).otherwise("actor")
        left = left.with_columns(actor=by)
    place.write_table("moderation", left)
    return acts.height - left.height


def _quoting(folder: Path) -> Iterator[Path]:
    """Pages and records in the folder that import did not write; a run's own folder inside it holds no imported words."""
    runs = {each.parent for each in folder.rglob("manifest.json")}
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        ours = path.parent == folder and path.name in OURS
        if path.suffix in QUOTING and not ours and not runs.intersection(path.parents):
            if path.is_symlink() or not path.is_file() or ".." in inside.parts:
                continue
            yield path


def _keys(identities: Identities, target: Target, threads: Collection[int | None]) -> list[tuple[str, str]]:
    keys = [("thread", identities.thread_key(each)) for each in sorted(threads - {None})]  # type: ignore[operator,type-var,arg-type]
    if target.author is not None:
        keys.append(("author", identities.author_key(target.author)))
    return keys


def _earlier(place: Folder) -> list[str]:
    found = place.read_json(place.path / written.SOURCE).get("earlier_communities")
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _clean(path: Path, keys: list[tuple[str, str]], earlier: list[str]) -> int:
    """Remove these answers, and all those of the folder's imports under other keys, whose people cannot be told apart."""
    if not path.is_file():
        return 0
    store = ResponseStore(path, renew=False)
    try:
        gone = 0
        for column in ("thread", "author"):
            values = [value for name, value in keys if name == column]
            for start in range(0, len(values), _AT_ONCE):
                some = values[start : start + _AT_ONCE]
                marks = ",".join("?" * len(some))
                gone += store.remove(_made_of(f"{column} IN ({marks})"), *some)
        for community in earlier:
            gone += store.remove(_made_of("thread LIKE ? || '/%'"), community)
        store.compact()
        return gone
    finally:
        store.close()


def _made_of(condition: str) -> str:
    keys = f"SELECT key FROM about WHERE {condition}"
    return f"id IN (SELECT question FROM answers WHERE key IN ({keys}))"
