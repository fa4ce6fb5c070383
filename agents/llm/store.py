"""The response store: every answer a language model gave, keyed by the whole request, in one SQLite file.

An answer is used only as read back from here, so that workers which ask the same question at once agree.
The file is for one machine: SQLite's locks do not hold on network paths.
"""

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from windtunnel.agents.llm.request import Answer, Model, Request, canonical, key_of
from windtunnel.agents.llm.store_file import (
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
from windtunnel.agents.minds.base import Unanswered
from windtunnel.agents.situation import About

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

    def put_many(
        self,
        rows: Mapping[str, tuple[str, Answer]],
        about: Mapping[str, Collection[tuple[str, str]]] | None = None,
    ) -> None:
        """Keep (canonical request, answer) by key and commit; a key that is already there keeps its answer.

        `about` gives, by key, the (thread, author) keys of those whose imported words a question holds.
        """
        made = [(key, request, packed(answer)) for key, (request, answer) in rows.items()]

        def put(connection: sqlite3.Connection) -> None:
            with writing(connection):
                insert(connection, made)
                _note(connection, about or {})

        self._with(put)

    def put(self, key: str, request: str, answer: Answer, about: Collection[tuple[str, str]] = ()) -> None:
        """Keep one answer, see `put_many`."""
        self.put_many({key: (request, answer)}, {key: about})

    def note(self, about: Mapping[str, Collection[tuple[str, str]]]) -> None:
        """Add whose imported words the questions of these keys hold, of those answers that are there."""

        def add(connection: sqlite3.Connection) -> None:
            with writing(connection):
                _note(connection, about)

        if any(about.values()):
            self._with(add)

    def forget(
        self, words: str | None = None, *, thread: str | None = None, author: str | None = None
    ) -> int:
        """Remove every answer whose question holds `words`, or that was made of a thread's or an author's words.

        The bytes go too; gives how many answers there were. `OSError` if another process keeps the bytes from going.
        """
        if sum(one is not None for one in (words, thread, author)) != 1:
            raise ValueError("forgetting takes one of words, thread and author")
        if words == "":
            raise ValueError("forgetting needs some words: an empty text is in every question")
        if words is not None:
            needle = json.dumps(words, ensure_ascii=False)[1:-1]
            return self.remove("instr(request, ?) > 0", needle)
        column, value = ("thread", thread) if thread is not None else ("author", author)
        picked = f"SELECT key FROM about WHERE {column} = ?"
        gone = self.remove(f"id IN (SELECT question FROM answers WHERE key IN ({picked}))", value)
        self.compact()
        return gone

    def remove(self, condition: str, *values: object) -> int:
        """Remove the answers whose question fulfils an SQL `condition` on `request`, with their bytes; gives how many."""

        def clean(connection: sqlite3.Connection) -> int:
            with writing(connection):
                connection.execute("CREATE TEMP TABLE leaving AS SELECT id FROM questions WHERE FALSE")
                connection.execute(f"INSERT INTO leaving SELECT id FROM questions WHERE {condition}", values)
                answers = "FROM answers WHERE question IN leaving"
                connection.execute(f"DELETE FROM about WHERE key IN (SELECT key {answers})")
                gone = connection.execute(f"DELETE {answers}").rowcount
                connection.execute("DELETE FROM questions WHERE id IN leaving")
                connection.execute("DROP TABLE leaving")
            self._fold_in(connection)
            return gone

        return self._with(clean)

    def _fold_in(self, connection: sqlite3.Connection) -> None:
        """Write the log into the file and empty it: what was removed must not stay in it."""
        ((busy, _, _),) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if busy:
            raise OSError(
                f"what was removed is still in {self.path.name}-wal, since another process reads the store: "
                "end it and give the command again"
            )

    def compact(self) -> None:
        """Give the room of what was removed back to the disk."""

        def vacuum(connection: sqlite3.Connection) -> None:
            connection.execute("VACUUM")
            self._fold_in(connection)

        self._with(vacuum)

    def rows(self) -> Iterator[tuple[str, str, bytes, bytes]]:
        """Each row as it is on disk: key, request, packed answer, checksum."""
        with self._open() as connection:
            yield from connection.execute(
                "SELECT key, coalesce(request, ''), answer, checksum FROM answers LEFT JOIN questions ON question = id"
            )

    def imported(self) -> dict[str, int]:
        """How many answers were made of imported words, and of how many threads and authors."""
        counts = "SELECT count(DISTINCT key), count(DISTINCT thread), count(DISTINCT author) FROM about"
        found = self._with(lambda connection: connection.execute(counts).fetchone())
        return dict(zip(("answers", "threads", "authors"), found, strict=True))

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
                    "set llm.store to a file on a local disk that can be written, or WINDTUNNEL_CACHE to such a folder"
                ) from None
            except sqlite3.DatabaseError as error:
                raise Damaged(self.path, str(error)) from None


def _note(connection: sqlite3.Connection, about: Mapping[str, Collection[tuple[str, str]]]) -> None:
    rows = [(thread, author, key) for key, people in about.items() for thread, author in people]
    connection.executemany("INSERT OR IGNORE INTO about SELECT key, ?, ? FROM answers WHERE key = ?", rows)


class Stored:
    """A model behind a store: each distinct question is asked once, ever, and answered as read back."""

    def __init__(self, model: Model, store: ResponseStore) -> None:
        self.inner, self.store = model, store
        self.identity, self.counts = model.identity, model.counts

    def ask(self, requests: Sequence[Request]) -> list[Answer | Unanswered]:
        """Answers in the order of the requests: kept ones as they are, the others asked for and kept from now on."""
        texts = {request: canonical(request, self.identity) for request in requests}
        keys = {request: key_of(text) for request, text in texts.items()}
        about = _people(keys)
        known = self.store.get_many(list(dict.fromkeys(keys.values())))
        if about:
            self.store.note({key: people for key, people in about.items() if key in known})
        self.counts.add(store_hits=len(known))
        new: dict[str, Request] = {}
        for request, key in keys.items():
            if key not in known:
                new.setdefault(key, request._replace(about=tuple(sorted(about.get(key, ())))))
        answers = self._ask_new(new, {keys[request]: text for request, text in texts.items()}, about) | known
        return [answers[keys[request]] for request in requests]

    def _ask_new(
        self, new: Mapping[str, Request], texts: Mapping[str, str], about: Mapping[str, set[About]]
    ) -> dict[str, Answer | Unanswered]:
        """The model's answers by key, each kept with its text and the people it is about, then read back."""
        lost: dict[str, Answer | Unanswered] = {}
        kept: list[str] = []
        key_of_request = {request: key for key, request in new.items()}
        for part in _parts(self.inner, list(key_of_request)):
            given = {key_of_request[request]: reply for request, reply in part.items()}
            answers = {key: (texts[key], reply) for key, reply in given.items() if isinstance(reply, Answer)}
            lost |= {key: reply for key, reply in given.items() if isinstance(reply, Unanswered)}
            if answers:  # as they come: who is killed now has lost one call
                self.store.put_many(answers, {key: about[key] for key in answers if key in about})
                kept += answers
        return lost | (self.store.get_many(kept) if kept else {})

    def close(self) -> None:
        self.store.close()
        self.inner.close()


def _people(keys: Mapping[Request, str]) -> dict[str, set[About]]:
    """By key, the threads and authors whose words any of its requests holds; keys without any are left out."""
    about: dict[str, set[About]] = {}
    for request, key in keys.items():
        if request.about:
            about.setdefault(key, set()).update(request.about)
    return about


def _parts(model: Model, requests: list[Request]) -> Iterator[Mapping[Request, Answer | Unanswered]]:
    """A model's replies as they come, where it can give them so."""
    if not requests:
        return
    if hasattr(model, "parts"):
        yield from model.parts(requests)
    else:
        yield dict(zip(requests, model.ask(requests), strict=True))
