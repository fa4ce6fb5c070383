"""Who and what was forgotten in a folder, as keyed hashes, so that importing the record again does not bring them back."""

from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.importers.imported.source import read_source
from windtunnel.analysis.importers.people.identities import Hashing, key_check, new_community
from windtunnel.analysis.importers.people.pseudonyms import DEFAULT_KEY_FILE, folded, read_key
from windtunnel.analysis.importers.posts.numbering import Numbered, number_posts

FORGOTTEN = "forgotten.json"


class Forgotten(NamedTuple):
    """Hashes of authors and threads, and the check of the key that they were made with."""

    community: str
    check: str
    authors: frozenset[str] = frozenset()
    threads: frozenset[str] = frozenset()

    @property
    def content(self) -> dict[str, Any]:
        return self._asdict() | {"authors": sorted(self.authors), "threads": sorted(self.threads)}


def read_forgotten(out: Path) -> Forgotten | None:
    """What was forgotten in this folder; None if nothing was. `ValueError` for a file that says something else."""
    path = out / FORGOTTEN
    if not path.is_file():
        return None
    content = Folder(out).read_json(path)
    lists = [content.get(name) for name in ("authors", "threads")]
    words = [content.get(name) for name in ("community", "check")]
    if not all(isinstance(each, str) for each in words) or not all(
        isinstance(each, list) and all(isinstance(one, str) for one in each) for each in lists
    ):
        raise ValueError(
            f"{path} is not what `windtunnel forget` writes: restore it, or import into another folder"
        )
    return Forgotten(str(words[0]), str(words[1]), frozenset(lists[0] or ()), frozenset(lists[1] or ()))


class Place(NamedTuple):
    """How names are hashed for a folder, what was forgotten there, and under which names it went with earlier keys."""

    hashing: Hashing
    forgotten: Forgotten | None
    earlier: tuple[str, ...]


def refuse_another_key(out: Path, key_file: Path | None) -> None:
    """`ValueError` where people were forgotten under another key: they could not be known again."""
    forgotten, path = read_forgotten(out), key_file or DEFAULT_KEY_FILE
    if forgotten and (not path.is_file() or key_check(read_key(path)) != forgotten.check):
        raise ValueError(
            f"people or threads were forgotten in {out} under another key than {path} holds, and would come back: "
            "restore that key, import into another folder, or delete forgotten.json if they may come back"
        )


def place_of(out: Path, secret: bytes) -> Place:
    """The folder's name for hashing, kept from an earlier import under the same key, else made new."""
    earlier, forgotten = read_source(out), read_forgotten(out)
    community = earlier.get("community")
    past = [each for each in earlier.get("earlier_communities") or () if isinstance(each, str)]
    if forgotten:
        community = forgotten.community
    elif isinstance(community, str) and earlier.get("key_check") != key_check(secret):
        past, community = [*past, community], None
    if not isinstance(community, str):
        community = new_community()
    return Place(Hashing(secret, community), forgotten, tuple(past))


class Kept(NamedTuple):
    """The numbers of the posts that are not forgotten, the names of the forgotten, and how many posts went."""

    numbered: Numbered
    names: frozenset[str]
    left_out: int


def without_forgotten(facts: pl.DataFrame, changed: dict[str, str], place: Place) -> Kept:
    """`facts` without the posts of forgotten authors and threads, numbered.

    A forgotten thread is known by its name in the source, or by a post that had that name while it was missing.
    """
    numbered, forgotten, before = number_posts(facts, changed), place.forgotten, facts.height
    if forgotten is None:
        return Kept(numbered, frozenset(), 0)
    names = facts["author"].drop_nulls().unique()
    gone = [name for name in names if place.hashing.author(name) in forgotten.authors]
    by_name = _hashed(numbered.thread_names["name"], place, forgotten.threads)
    by_post = _hashed(numbered.ids["id"], place, forgotten.threads)
    threads = numbered.thread_names.filter(pl.col("name").is_in(by_name.implode()))["thread"]
    threads = threads.append(numbered.ids.filter(pl.col("id").is_in(by_post.implode()))["thread"])
    ids = numbered.ids.filter(pl.col("thread").is_in(threads.implode()))["id"]
    facts = facts.filter(~pl.col("author").is_in(gone).fill_null(False), ~pl.col("id").is_in(ids.implode()))
    if facts.height < before:
        numbered = number_posts(facts, changed)
    return Kept(numbered, frozenset(map(folded, gone)), before - facts.height)


def _hashed(names: pl.Series, place: Place, wanted: frozenset[str]) -> pl.Series:
    if not wanted:
        return names.clear()
    return names.filter(pl.Series([place.hashing.thread(name) in wanted for name in names], dtype=pl.Boolean))
