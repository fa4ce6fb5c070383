"""The response store: every answer a language model gave, keyed by the whole request, in one SQLite file.

An answer is used only as read back from here, so that workers which ask the same question at once agree.
The file is for one machine: SQLite's locks do not hold on network paths.
"""

import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from agents.llm.request import Answer, Model, Request, canonical, key_of
from agents.minds.base import Unanswered

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, request TEXT NOT NULL, "
    "answer TEXT NOT NULL, checksum TEXT NOT NULL) WITHOUT ROWID"
)
_VERSION = 1
_AT_ONCE = 500


class ResponseStore:
    """A table of answers by key. Several threads and processes may share the file; it may be pickled.

    `ValueError` if the file is damaged or is not a response store. It is checked once, when first opened.
    """

    def __init__(self, path: Path, *, wait: float = 60.0) -> None:
        self.path = Path(path)
        self._wait = wait
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._owner = 0

    def __reduce__(self) -> tuple:
        return (ResponseStore, (self.path,))

    def get_many(self, keys: Sequence[str]) -> dict[str, Answer]:
        """The answers that are there, by key."""
        found = {}
        with self._open() as connection:
            for start in range(0, len(keys), _AT_ONCE):
                some = keys[start : start + _AT_ONCE]
                marks = ",".join("?" * len(some))
                rows = connection.execute(
                    f"SELECT key, answer, checksum FROM answers WHERE key IN ({marks})", some
                )
                for key, answer, checksum in rows:
                    if checksum != _checksum(key, answer):
                        raise ValueError(self._damaged("an answer differs from its checksum"))
                    logp, tokens_in, tokens_out, floored = json.loads(answer)
                    found[key] = Answer(tuple(logp), tokens_in, tokens_out, floored)
        return found

    def put_many(self, rows: Mapping[str, tuple[str, Answer]]) -> None:
        """Keep (canonical request, answer) by key and commit; a key that is already there keeps its answer."""
        texts = [(key, request, json.dumps(answer)) for key, (request, answer) in rows.items()]
        with self._open() as connection, connection:
            connection.executemany(
                "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?)",
                [(*row, _checksum(row[0], row[2])) for row in texts],
            )

    def forget(self, words: str) -> int:
        """Remove every answer whose question holds `words`, and the bytes with it; gives how many there were."""
        if not words:
            raise ValueError("forgetting needs some words: an empty text is in every question")
        needle = json.dumps(words, ensure_ascii=False)[1:-1]
        with self._open() as connection:
            with connection:
                gone = connection.execute(
                    "DELETE FROM answers WHERE instr(request, ?) > 0", (needle,)
                ).rowcount
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone

    def __len__(self) -> int:
        with self._open() as connection:
            return connection.execute("SELECT count(*) FROM answers").fetchone()[0]

    def close(self) -> None:
        with self._lock:
            if self._connection is not None and self._owner == os.getpid():
                self._connection.close()
            self._connection = None

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """This process's connection, one thread at a time; a forked child never uses its parent's."""
        with self._lock:
            try:
                if self._connection is None or self._owner != os.getpid():
                    self._connection, self._owner = self._connect(), os.getpid()
                yield self._connection
            except sqlite3.OperationalError as error:
                raise OSError(
                    f"the response store {self.path} cannot be used ({error}): "
                    "set llm.store to a file on a local disk that can be written"
                ) from None
            except sqlite3.DatabaseError as error:
                raise ValueError(self._damaged(str(error))) from None

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=self._wait, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA secure_delete=ON")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        if version not in (0, _VERSION) or (version == 0 and tables not in ([], ["answers"])):
            raise ValueError(
                f"{self.path} is not a response store of version {_VERSION} "
                f"(version {version}, tables {tables}): set llm.store to another file"
            )
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise ValueError(self._damaged(verdict))
        with connection:
            connection.execute(_SCHEMA)
            connection.execute(f"PRAGMA user_version={_VERSION}")
        return connection

    def _damaged(self, how: str) -> str:
        return (
            f"the response store {self.path} is damaged ({how}): move it away, "
            "and its questions will be asked again"
        )


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
        asked = dict(zip(missing, self.inner.ask(missing), strict=True)) if missing else {}
        new = {
            keys[request]: (texts[request], answer)
            for request, answer in asked.items()
            if isinstance(answer, Answer)
        }
        if new:
            self.store.put_many(new)
            known |= self.store.get_many(list(new))
        return [known[keys[request]] if keys[request] in known else asked[request] for request in requests]

    def close(self) -> None:
        self.store.close()
        self.inner.close()


def _checksum(key: str, answer: str) -> str:
    return hashlib.sha256(f"{key}{answer}".encode()).hexdigest()[:16]
