"""Titles and source ids under the key of the pseudonyms: who has it can ask by them, others read nothing.

Each value is sealed by itself, so that a person or a thread can be taken out without the key. The construction is the
synthetic-IV mode of Rogaway & Shrimpton (2006) with HMAC-SHA256 as its pseudo-random function, which the standard library has:
the tag is HMAC(key 1, what it is of | value), cut to 16 bytes; the value is XORed with HMAC(key 2, tag | 0), HMAC(key 2, tag | 1), …; opening
computes the tag again. It needs no nonce, and tells nothing but that the same value stands twice in one place and, in steps of 32 bytes, how long
a value is. Both keys come from the secret and the folder's own random name.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from windtunnel.analysis.folder import Folder

SOURCES = "sources.parquet"
SCHEMA = {"kind": pl.String, "number": pl.Int64, "sealed": pl.Binary}
"""`kind` is `thread` (its id in the source), `title` (of a thread), or `post` (its id); a post may have two ids."""
THREAD, TITLE, POST = "thread", "title", "post"
TAG, BLOCK = 16, 32
LONGEST = 1000
"""Characters of a title that are kept."""
_SLICE = 100_000
_FIRST = (0).to_bytes(4, "big")


class Keyed:
    """HMAC-SHA256 (RFC 2104) under one key, its two pads hashed once: a third of the time of `hmac.digest` on short values.

    >>> Keyed(b"key").digest(b"value") == hmac.digest(b"key", b"value", "sha256")
    True
    """

    def __init__(self, key: bytes) -> None:
        """`key` has at most 64 bytes."""
        padded = key.ljust(64, b"\0")
        self.begun = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded)).copy
        self.ended = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded)).copy

    def digest(self, value: bytes) -> bytes:
        inner, outer = self.begun(), self.ended()
        inner.update(value)
        outer.update(inner.digest())
        return outer.digest()


class Seal(NamedTuple):
    """Both keys of a folder."""

    tags: Keyed
    stream: Keyed

    def close(self, kind: str, number: int, value: str) -> bytes:
        """The value, readable with these keys alone, and only as what it is of.

        >>> seal_of(b"secret", "folder").open("post", 1, seal_of(b"secret", "folder").close("post", 1, "t1_abc"))
        't1_abc'
        """
        raw = value.encode("utf-8", "replace")
        padded = len(raw).to_bytes(4, "big") + raw
        padded += b"\0" * (-len(padded) % BLOCK)
        tag = self._tag(kind, number, padded)
        if len(padded) > BLOCK:
            return tag + self._mixed(tag, padded)
        stream = self.stream.digest(tag + _FIRST)
        return tag + (int.from_bytes(padded, "big") ^ int.from_bytes(stream, "big")).to_bytes(BLOCK, "big")

    def open(self, kind: str, number: int, sealed: bytes) -> str:
        """What was sealed; `ValueError` for another key, or a value that was changed or moved."""
        tag, hidden = sealed[:TAG], sealed[TAG:]
        padded = self._mixed(tag, hidden)
        if not hidden or not hmac.compare_digest(tag, self._tag(kind, number, padded)):
            raise ValueError(f"the {kind} {number} in {SOURCES} was sealed with another key, or changed")
        return padded[4 : 4 + int.from_bytes(padded[:4], "big")].decode()

    def _tag(self, kind: str, number: int, padded: bytes) -> bytes:
        return self.tags.digest(f"{kind}\0{number}\0".encode() + padded)[:TAG]

    def _mixed(self, tag: bytes, text: bytes) -> bytes:
        """`text` XORed with the stream of its tag."""
        size, digest = len(text), self.stream.digest
        counts = range(-(-size // BLOCK))
        stream = b"".join([digest(tag + count.to_bytes(4, "big")) for count in counts])[:size]
        return (int.from_bytes(text, "big") ^ int.from_bytes(stream, "big")).to_bytes(size, "big")


def seal_of(secret: bytes, community: str) -> Seal:
    """The keys of a folder, from the secret of the pseudonyms and the folder's random name."""
    return Seal(
        *(
            Keyed(hmac.digest(secret, f"sealed {what}\0{community}".encode(), "sha256"))
            for what in ("tags", "stream")
        )
    )


def sealed(seal: Seal, ids: pl.DataFrame, threads: pl.DataFrame, titles: Mapping[int, str]) -> pl.DataFrame:
    """The table of `SOURCES`: `ids` has id and post, `threads` name and thread, `titles` the title of a thread."""
    parts = [pl.DataFrame(schema=SCHEMA)]
    for rows in (
        ((THREAD, number, name) for name, number in threads.select("name", "thread").iter_rows()),
        ((TITLE, number, title[:LONGEST]) for number, title in titles.items()),
    ):
        parts += _sealed(seal, rows)
    for start in range(0, ids.height, _SLICE):
        some = ids.slice(start, _SLICE)
        closed = _closed(seal, POST, some["post"].to_list(), some["id"].to_list())
        parts.append(pl.DataFrame({"kind": POST, "number": some["post"], "sealed": closed}, schema=SCHEMA))
    return pl.concat(parts)


def _closed(seal: Seal, kind: str, numbers: Sequence[int], values: Sequence[str]) -> list[bytes]:
    """`seal.close` of many values, in two thirds of its time where they are short."""
    start, first, last = f"{kind}\0".encode(), seal.tags.begun, seal.tags.ended
    begun, ended, found = seal.stream.begun, seal.stream.ended, list[bytes]()
    for number, value in zip(numbers, values, strict=True):
        raw = value.encode("utf-8", "replace")
        if len(raw) > BLOCK - 4:
            found.append(seal.close(kind, number, value))
            continue
        padded = (len(raw).to_bytes(4, "big") + raw).ljust(BLOCK, b"\0")
        inner, outer = first(), last()
        inner.update(b"%b%d\0%b" % (start, number, padded))
        outer.update(inner.digest())
        tag = outer.digest()[:TAG]
        inner, outer = begun(), ended()
        inner.update(tag + _FIRST)
        outer.update(inner.digest())
        hidden = int.from_bytes(padded, "big") ^ int.from_bytes(outer.digest(), "big")
        found.append(tag + hidden.to_bytes(BLOCK, "big"))
    return found


def _sealed(seal: Seal, rows: Iterable[tuple[str, int, str]]) -> Iterator[pl.DataFrame]:
    made = [(kind, number, seal.close(kind, number, value)) for kind, number, value in rows]
    yield pl.DataFrame(made, schema=SCHEMA, orient="row")


def read_sources(folder: Path) -> pl.DataFrame:
    """The sealed table; `ValueError` where the import was of a version that kept none."""
    if not (folder / SOURCES).is_file():
        raise ValueError(
            f"{folder} keeps no titles and source ids, since it was imported by an earlier version: import the record again, or "
            "ask by number, as thread:12"
        )
    return Folder(folder).read_table(Path(SOURCES).stem)


def without(table: pl.DataFrame, posts: Iterable[int], threads: Iterable[int]) -> pl.DataFrame:
    """The table without what is kept of these posts and threads; no key is needed."""
    post, number = pl.col("kind") == POST, pl.col("number")
    return table.filter(~(post & number.is_in(list(posts))), ~(~post & number.is_in(list(threads))))
