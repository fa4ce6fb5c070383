"""Who a pseudonym stands for and which thread a number is, as keyed hashes: to know them again, never to name them."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import polars as pl

from windtunnel.agents.situation import About
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.importers.people.pseudonyms import folded

IDENTITIES = "identities.parquet"
SCHEMA = {"kind": pl.String, "label": pl.String, "hash": pl.String}
"""`kind` is `author` or `thread`, `label` the pseudonym or the number in posts.parquet."""
NOBODY = "nobody"
"""Stands for the author of a post that has none."""


class Hashing(NamedTuple):
    """How names of one folder are hashed: its own random `community` keeps two imports from being matched."""

    secret: bytes
    community: str

    def author(self, name: str) -> str:
        return self._of("author", folded(name))

    def thread(self, name: str) -> str:
        return self._of("thread", name)

    def _of(self, kind: str, name: str) -> str:
        said = f"{kind}\0{self.community}\0{name}".encode("utf-8", "replace")
        return hmac.digest(self.secret, said, "sha256").hex()[:32]


def new_community() -> str:
    return secrets.token_hex(8)


def key_check(secret: bytes) -> str:
    """Tells whether a later key is the same one; nothing can be hashed with it."""
    return hmac.new(secret, b"which key is this", hashlib.sha256).hexdigest()[:32]


class Identities(NamedTuple):
    """The hashes of the authors (by pseudonym) and threads (by number) of an imported folder."""

    community: str
    authors: Mapping[str, str]
    threads: Mapping[int, str]

    def about(self, thread: int, author: str | None) -> About:
        """The keys kept beside an answer that was made of this author's words in this thread.

        They stay the same when a record that has grown is imported again and its pseudonyms are numbered anew.
        Raises `KeyError` for a thread or an author that is not in the folder.
        """
        return About(self.thread_key(thread), self.author_key(author))

    def thread_key(self, thread: int) -> str:
        return f"{self.community}/{self.threads[thread]}"

    def author_key(self, author: str | None) -> str:
        return f"{self.community}/{NOBODY if author is None else self.authors[author]}"

    def pseudonym_of(self, name: str, secret: bytes) -> str | None:
        """The pseudonym of whoever bears this name in the source; None if nobody does."""
        wanted = Hashing(secret, self.community).author(name)
        return next((label for label, found in self.authors.items() if found == wanted), None)

    def thread_of(self, name: str, secret: bytes) -> int | None:
        """The number of the thread whose id in the source this is; None if there is none."""
        wanted = Hashing(secret, self.community).thread(name)
        return next((number for number, found in self.threads.items() if found == wanted), None)


def identities_of(
    hashing: Hashing, authors: Mapping[str, str], threads: Iterable[tuple[str, int]]
) -> Identities:
    """From the authors' names and pseudonyms, and the threads' names and numbers."""
    return Identities(
        hashing.community,
        {pseudonym: hashing.author(name) for name, pseudonym in authors.items()},
        {number: hashing.thread(name) for name, number in threads},
    )


def read_identities(folder: Path) -> Identities:
    """The hashes of an imported folder; `ValueError` where it was imported by an earlier version."""
    place = Folder(folder)
    if not (folder / IDENTITIES).is_file():
        raise ValueError(
            f"{folder} holds no {IDENTITIES}: import the community again, so that its people can be forgotten later"
        )
    community = place.read_json(folder / "import.json").get("community")
    if not isinstance(community, str):
        raise ValueError(f"{folder / 'import.json'} names no community: import the community again")
    table = place.read_table(Path(IDENTITIES).stem)
    rows = {kind: part for (kind,), part in table.group_by("kind")}
    empty = pl.DataFrame(schema=SCHEMA)
    authors = rows.get("author", empty).select("label", "hash")
    threads = rows.get("thread", empty).select(pl.col("label").cast(pl.Int64), "hash")
    return Identities(community, dict(authors.iter_rows()), dict(threads.iter_rows()))


def table_of(identities: Identities) -> pl.DataFrame:
    """What identities.parquet holds."""
    rows = [("author", label, each) for label, each in sorted(identities.authors.items())]
    rows += [("thread", str(label), each) for label, each in sorted(identities.threads.items())]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
