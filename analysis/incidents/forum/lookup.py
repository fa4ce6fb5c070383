"""Finds a thread or a post of an imported community by what people know of it: an id or address, a title, an author, a day."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.importers.imported.addresses import ids_in, is_address
from windtunnel.analysis.importers.imported.dates import minute_of, start_of
from windtunnel.analysis.importers.imported.key import secret_of
from windtunnel.analysis.importers.imported.source import read_source
from windtunnel.analysis.importers.people.identities import read_identities
from windtunnel.analysis.importers.people.sealing import POST, THREAD, TITLE, Seal, read_sources, seal_of
from windtunnel.analysis.numbers_in_words import counted

WAYS = ("source", "title", "author", "date")
_NAMED = re.compile(rf"({'|'.join(WAYS)}):(.+)", re.DOTALL)
_PSEUDONYM = re.compile(r"u\d{5,}")
SHOWN = 5


@dataclass(frozen=True)
class Found:
    """A thread, or one `post` in it: its `title` where known, its first minute, and how many of its posts fit."""

    thread: int
    post: int | None
    title: str | None
    minute: int
    posts: int

    @property
    def name(self) -> str:
        """What `windtunnel why` calls it."""
        return f"thread:{self.thread}" if self.post is None else f"post:{self.post}"


def looks_up(name: str) -> bool:
    """Is this a name that `find` understands, and no incident's or place's?

    >>> looks_up("title:bike lanes"), looks_up("https://x.org/t/1"), looks_up("thread:12")
    (True, True, False)
    """
    return is_address(name) or _NAMED.fullmatch(name) is not None


def is_pseudonym(name: str) -> bool:
    """Has it the form of a name that an import gives its members?"""
    return _PSEUDONYM.fullmatch(name) is not None


def find(out: Path, name: str, key_file: Path | None = None) -> list[Found]:
    """The threads or the post that `name` stands for: an address, source:ID, title:WORDS, author:NAME or date:2024-01-05.

    Those with most fitting posts come first. Ids, titles and names need the key; `ValueError` where it is not there, where
    the import kept none of this, or where nothing fits.
    """
    match = _NAMED.fullmatch(name)
    way, words = ("source", name) if match is None else (match[1], match[2].strip())
    folder = Folder(out)
    if folder.manifest.is_file() or not folder.posts.is_file():
        raise ValueError(
            f"{out} is no imported community: a run's threads are asked about by number, as thread:12"
        )
    posts = folder.read_table("posts")
    if way == "date":
        return _on_day(out, posts, words)
    if way == "author":
        return _by(out, posts, words, key_file)
    kind = "ids" if way == "source" else "titles"
    table, seal = read_sources(out), _seal(out, kind, key_file)
    if way == "title":
        return _titled(out, posts, table, seal, words)
    return [_of_source(out, posts, table, seal, words)]


def resolve(out: Path, name: str, key_file: Path | None = None) -> str:
    """The one thread or post that `name` stands for, as thread:12 or post:34; `ValueError` names the others where there are several."""
    if name.startswith("author:"):
        found = find(out, name, key_file)
        raise ValueError(
            f"one act is about one thread, since a record is lived again thread by thread: ask about one of the threads ({_few(found)}), there "
            "with --suspend or --warn, or about all of them together, with --acts suspend,warn and --since DATE"
        )
    found = find(out, name, key_file)
    if len(found) > 1:
        raise ValueError(f"{len(found)} threads fit {name!r}: ask about one of them ({_few(found)})")
    return found[0].name


def titles_of(out: Path, key_file: Path | None = None) -> dict[int, str]:
    """The titles of all threads that have one; `ValueError` without the key."""
    return dict(_opened(read_sources(out), _seal(out, "titles", key_file), TITLE))


def _few(found: list[Found]) -> str:
    some = [
        f"{one.name}" + (f" “{one.title[:40]}”" if one.title else f", {counted(one.posts, 'posts')}")
        for one in found[:SHOWN]
    ]
    return "; ".join(some) + ("; …" if len(found) > SHOWN else "")


def _seal(out: Path, what: str, key_file: Path | None) -> Seal:
    secret = secret_of(out, what, "a number, as thread:12", key_file)
    return seal_of(secret, str(read_source(out).get("community")))


def _opened(table: pl.DataFrame, seal: Seal, kind: str) -> Iterator[tuple[int, str]]:
    for number, sealed in table.filter(pl.col("kind") == kind).select("number", "sealed").iter_rows():
        yield number, seal.open(kind, number, sealed)


def _threads(posts: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    """The threads of some posts with how many these are, and the first minute of each thread."""
    first = posts.group_by("thread").agg(minute=pl.col("minute").min())
    some = kept.group_by("thread").len().join(first, on="thread")
    return some.sort(["len", "thread"], descending=[True, False])


def _found(posts: pl.DataFrame, kept: pl.DataFrame, titles: dict[int, str] | None = None) -> list[Found]:
    known = titles or {}
    return [
        Found(thread, None, known.get(thread), minute, count)
        for thread, count, minute in _threads(posts, kept).iter_rows()
    ]


def _of_source(out: Path, posts: pl.DataFrame, table: pl.DataFrame, seal: Seal, words: str) -> Found:
    wanted = ids_in(words, str(read_source(out).get("format")))
    ending = [one for one in wanted if one.startswith("/")]
    places: dict[str, tuple[str, int]] = {}
    for kind in (THREAD, POST):
        for number, name in _opened(table, seal, kind):
            if name in wanted or (ending and name.endswith(tuple(ending))):
                places.setdefault(name if name in wanted else ending[0], (kind, number))
    known = [places[one] for one in wanted if one in places]
    if not known:
        raise ValueError(
            f"no thread and no post in {out} has the id or address {words!r} in the original record"
        )
    kind, number = known[0]
    row = posts.filter(pl.col("post" if kind == POST else "thread") == number).sort("minute", "post")
    if row.is_empty():
        raise ValueError(f"what {words!r} names is not in {out} any more")
    thread = int(row["thread"][0])
    opens = kind == THREAD or row["kind"][0] == "thread"
    size = posts.filter(pl.col("thread") == thread).height
    return Found(thread, None if opens else number, None, int(row["minute"][0]), size if opens else 1)


def _titled(out: Path, posts: pl.DataFrame, table: pl.DataFrame, seal: Seal, words: str) -> list[Found]:
    titles = dict(_opened(table, seal, TITLE))
    wanted = words.casefold().split()
    exact = [number for number, title in titles.items() if title.casefold() == words.casefold()]
    fitting = exact or [
        number for number, title in titles.items() if all(word in title.casefold() for word in wanted)
    ]
    found = _found(posts, posts.filter(pl.col("thread").is_in(fitting)), titles)
    if not found:
        without = "" if titles else ": its record has no titles"
        raise ValueError(f"no thread in {out} has a title with {words!r}{without}")
    return found


def _by(out: Path, posts: pl.DataFrame, words: str, key_file: Path | None) -> list[Found]:
    pseudonym = pseudonym_of(out, words, key_file)
    return _found(posts, posts.filter(pl.col("author") == pseudonym))


def pseudonym_of(out: Path, name: str, key_file: Path | None = None) -> str:
    """The pseudonym of an author, given as such or by the name in the source, which needs the key."""
    identities = read_identities(out)
    if is_pseudonym(name):
        if name in identities.authors:
            return name
        raise ValueError(f"nobody in {out} has the pseudonym {name}")
    found = identities.pseudonym_of(name, secret_of(out, "names", "the pseudonym", key_file))
    if found is None:
        raise ValueError(f"nobody in {out} bears the name {name!r}")
    return found


def _on_day(out: Path, posts: pl.DataFrame, words: str) -> list[Found]:
    first = minute_of(words, start_of(out), out)
    last = first + (1440 if _is_day(words) else 60)
    found = _found(posts, posts.filter(pl.col("minute").is_between(first, last, closed="left")))
    if not found:
        raise ValueError(f"nothing was written in {out} on {words}")
    return found


def _is_day(words: str) -> bool:
    return re.search(r"\d\d?:\d\d", words) is None
