"""The response store: every answer a language model gave, keyed by the whole request, in one SQLite file.

An answer is used only as read back from here, so that workers which ask the same question at once agree.
The file is for one machine: SQLite's locks do not hold on network paths.
"""

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from agents.llm.request import Answer, Model, Request, canonical, key_of
from agents.llm.store_file import (
    Damaged,
    checksum,
    connect,
    inode_of,
    insert,
    let_go,
    packed,
    set_aside,
    unpacked,
    writing,
)
from agents.minds.base import Unanswered

_AT_ONCE = 5000
Result = TypeVar("Result")


class ResponseStore:
    """A table of answers by key. Several threads and processes may share the file; it may be pickled.

    The file is checked when first opened, and each answer whenever it is read. One that is damaged is set aside
    under another name, which is said on standard error, and a new one is begun; with `renew=False` it raises
    `ValueError` and stays where it is. A file that is no response store is always refused with `ValueError`.
    """

    def __init__(self, path: Path, *, wait: float = 60.0, renew: bool = True) -> None:
        self.path = Path(path)
        self._wait, self._renew = wait, renew
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._owner = 0
        self._inode: int | None = None

    def __reduce__(self) -> tuple:
        return (ResponseStore, (self.path,))

    def get_many(self, keys: Sequence[str]) -> dict[str, Answer]:
        """The answers that are there, by key."""
        return self._with(lambda connection: self._get(connection, keys))

    def put_many(self, rows: Mapping[str, tuple[str, Answer]]) -> None:
        """Keep (canonical request, answer) by key and commit; a key that is already there keeps its answer."""
        made = [(key, request, packed(answer)) for key, (request, answer) in rows.items()]

        def put(connection: sqlite3.Connection) -> None:
            with writing(connection):
                insert(connection, made)

        self._with(put)

    def forget(self, words: str) -> int:
        """Remove every answer whose question holds `words`, and the bytes with it; gives how many there were."""
        if not words:
            raise ValueError("forgetting needs some words: an empty text is in every question")
        needle = json.dumps(words, ensure_ascii=False)[1:-1]
        return self.remove("instr(request, ?) > 0", needle)

    def remove(self, condition: str, *values: object) -> int:
        """Remove the answers whose question fulfils an SQL `condition` on `request`, with their bytes; gives how many."""

        def clean(connection: sqlite3.Connection) -> int:
            picked = f"SELECT id FROM questions WHERE {condition}"
            with writing(connection):
                gone = connection.execute(
                    f"DELETE FROM answers WHERE question IN ({picked})", values
                ).rowcount
                connection.execute(f"DELETE FROM questions WHERE {condition}", values)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return gone

        return self._with(clean)

    def compact(self) -> None:
        """Give the room of what was removed back to the disk."""

        def vacuum(connection: sqlite3.Connection) -> None:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

        self._with(vacuum)

    def rows(self) -> Iterator[tuple[str, str, bytes, bytes]]:
        """Each row as it is on disk: key, request, packed answer, checksum."""
        with self._open() as connection:
            yield from connection.execute(
                "SELECT key, coalesce(request, ''), answer, checksum FROM answers LEFT JOIN questions ON question = id"
            )

    def __len__(self) -> int:
        return self._with(lambda connection: connection.execute("SELECT count(*) FROM answers").fetchone()[0])

    def close(self) -> None:
        with self._lock:
            if self._connection is not None and self._owner == os.getpid():
                let_go(self._connection, self.path, self._inode)
            self._connection = None

    def _get(self, connection: sqlite3.Connection, keys: Sequence[str]) -> dict[str, Answer]:
        found = {}
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            rows = connection.execute(
                f"SELECT key, answer, checksum FROM answers WHERE key IN ({marks})", some
            )
            for key, answer, check in rows:
                if type(answer) is not bytes or check != checksum(key, answer):
                    raise Damaged(self.path, "an answer differs from its checksum")
                found[key] = unpacked(answer)
        return found

    def _with(self, action: Callable[[sqlite3.Connection], Result]) -> Result:
        """What `action` gives on the open store; once more on a new one, if this one turns out damaged."""
        with self._lock:
            for _ in range(3):
                try:
                    with self._open() as connection:
                        return action(connection)
                except Damaged as damage:
                    if not self._renew:
                        raise
                    inode = self._inode
                    self.close()
                    set_aside(self.path, damage.how, inode)
            with self._open() as connection:
                return action(connection)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """This process's connection to the file that now has the name, one thread at a time.

        A forked child never uses its parent's.
        """
        with self._lock:
            try:
                here = inode_of(self.path)
                if self._connection is None or self._owner != os.getpid() or here != self._inode:
                    if self._owner == os.getpid():
                        self.close()
                    self._inode = here
                    self._connection, self._owner = connect(self.path, self._wait), os.getpid()
                    self._inode = inode_of(self.path)
                yield self._connection
            except sqlite3.OperationalError as error:
                if "decode" in str(error):  # what was written as bytes is now text, and not even that
                    raise Damaged(self.path, str(error)) from None
                raise OSError(
                    f"the response store {self.path} cannot be used ({error}): "
                    "set llm.store to a file on a local disk that can be written"
                ) from None
            except sqlite3.DatabaseError as error:
                raise Damaged(self.path, str(error)) from None


class Stored:
    """A model behind a store: each distinct question is asked once, ever, and answered as read back."""

    def __init__(self, model: Model, store: ResponseStore) -> None:
        self.inner, self.store = model, store
        self.identity, self.counts = model.identity, model.counts

    def ask(self, requests: Sequence[Request]) -> list[Answer | Unanswered]:
        texts = {request: canonical(request, self.identity) for request in requests}
        keys = {request: key_of(text) for request, text in texts.items()}
        known = self.store.get_many(list(keys.values()))
        missing = [request for request, key in keys.items() if key not in known]
        self.counts.add(store_hits=len(known))
        lost: dict[Request, Unanswered] = {}
        new: list[str] = []
        for part in _parts(self.inner, missing):
            kept = {
                keys[request]: (texts[request], reply)
                for request, reply in part.items()
                if isinstance(reply, Answer)
            }
            lost |= {request: reply for request, reply in part.items() if isinstance(reply, Unanswered)}
            if kept:  # as they come: who is killed now has lost one call
                self.store.put_many(kept)
                new += kept
        if new:
            known |= self.store.get_many(new)
        return [known[keys[request]] if keys[request] in known else lost[request] for request in requests]

    def close(self) -> None:
        self.store.close()
        self.inner.close()


def _parts(model: Model, requests: list[Request]) -> Iterator[Mapping[Request, Answer | Unanswered]]:
    """A model's replies as they come, where it can give them so."""
    if not requests:
        return
    if hasattr(model, "parts"):
        yield from model.parts(requests)
    else:
        yield dict(zip(requests, model.ask(requests), strict=True))
