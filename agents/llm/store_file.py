"""The SQLite file below the response store: opened and checked once, set aside when damaged, brought up to date."""

import ctypes
import fcntl
import json
import sqlite3
import struct
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

from windtunnel.agents.llm.cache import need_writable
from windtunnel.agents.llm.request import Answer

VERSION = 3
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer BLOB NOT NULL, checksum BLOB NOT NULL, "
    "question INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS questions (id INTEGER PRIMARY KEY, request TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS about (key TEXT NOT NULL, thread TEXT NOT NULL, author TEXT NOT NULL, "
    "PRIMARY KEY (key, thread, author)) WITHOUT ROWID",
)
"""`about` says which answers were made of whose imported words; most were made of nobody's. Questions stand apart, so that the tree that is searched stays small: with them in one table a million answers
took 4.7 GB, since SQLite gives each row beyond a quarter of a page a page of its own."""
ASIDE = ".damaged-"
"""Between the name of a store and the time at which it was set aside."""
_MAGIC = b"SQLite format 3\0"
_WORDS = 2**32 - 1
"""In place of the third count: the rest is text, not log-probabilities."""


class Damaged(ValueError):
    """The file, or something in it, is not what was written."""

    def __init__(self, path: Path, how: str) -> None:
        super().__init__(
            f"the response store {path} is damaged ({how}): move it away, and its questions will be asked again"
        )
        self.how = how


def packed(answer: Answer) -> bytes:
    """An answer as bytes: three counts, then its log-probabilities to the last bit; or two counts, a mark and its text."""
    if answer.text:
        return struct.pack("<3I", answer.tokens_in, answer.tokens_out, _WORDS) + answer.text.encode()
    return struct.pack(
        f"<3I{len(answer.logp)}d", answer.tokens_in, answer.tokens_out, answer.floored, *answer.logp
    )


def unpacked(content: bytes) -> Answer:
    """The answer that a row's bytes hold, equal to the last bit."""
    tokens_in, tokens_out, mark = struct.unpack_from("<3I", content)
    if mark == _WORDS:
        return Answer((), tokens_in, tokens_out, text=content[12:].decode())
    tokens_in, tokens_out, floored, *logp = struct.unpack(f"<3I{(len(content) - 12) // 8}d", content)
    return Answer(tuple(logp), tokens_in, tokens_out, floored)


def checksum(key: str, content: bytes) -> bytes:
    """8 bytes that an answer must come with, or it is not used."""
    return blake2b(key.encode() + content, digest_size=8).digest()


def connect(path: Path, wait: float) -> sqlite3.Connection:
    """A checked connection; `Damaged`, or `ValueError` for a file that is no store of ours, which is left alone."""
    if not path.exists():
        need_writable(
            path.parent, "llm.store to a file that can be written, or WINDTUNNEL_CACHE to a folder that can"
        )
    _check_is_ours(path)
    connection = sqlite3.connect(path, timeout=wait, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA cache_size=-131072")
        version = _one(connection, "PRAGMA user_version")
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        tables = [name for (name,) in names]
        known = {
            0: ([], ["answers"], ["answers", "questions"], ["about", "answers", "questions"]),
            1: (["answers"],),
            2: (["answers", "questions"],),
            VERSION: (["about", "answers", "questions"],),
        }
        if tables not in known.get(version, ()):
            raise ValueError(
                f"{path} is not a response store of version {VERSION} "
                f"(version {version}, tables {tables}): set llm.store to another file"
            )
        verdict = _one(connection, "PRAGMA quick_check(1)")
        if verdict != "ok":
            raise Damaged(path, verdict)
        if version != VERSION:
            _bring_up_to_date(connection, path)
        return connection
    except sqlite3.DatabaseError as error:
        connection.close()
        if isinstance(error, sqlite3.OperationalError):
            raise
        raise Damaged(path, str(error)) from None
    except BaseException:
        connection.close()
        raise


def insert(connection: sqlite3.Connection, rows: Iterable[tuple[str, str, bytes]]) -> None:
    """Add (key, request, packed answer) rows, in a transaction that the caller began; known keys stay as they are."""
    last = _one(connection, "SELECT coalesce(max(id), 0) FROM questions")
    for key, request, answer in rows:
        row = (key, answer, checksum(key, answer), last + 1)
        if connection.execute("INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?)", row).rowcount == 1:
            last += 1
            connection.execute("INSERT INTO questions VALUES (?, ?)", (last, request))


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that holds the file's write lock from its beginning."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def aside_of(path: Path) -> list[Path]:
    """Damaged stores that were set aside from this path."""
    return sorted(each for each in path.parent.glob("*") if each.name.startswith(path.name + ASIDE))


def set_aside(path: Path, how: str, inode: int | None) -> Path | None:
    """Rename a damaged store and say so on standard error; gives its new name, None if another process did it.

    `inode` is that of the file found damaged: a new store under the old name is never touched.
    """
    with _name_locked(path):
        if inode is None or inode_of(path) != inode:
            return None
        stamp = time.strftime("%Y%m%d-%H%M%S")
        aside = path.with_name(f"{path.name}{ASIDE}{stamp}")
        number = 1
        while aside.exists():
            number += 1
            aside = path.with_name(f"{path.name}{ASIDE}{stamp}-{number}")
        for end in ("-wal", "-shm"):  # before the store itself: they must never meet a new one
            side = path.with_name(path.name + end)
            if side.exists():
                side.replace(aside.with_name(aside.name + end))
        path.replace(aside)
    print(
        f"windtunnel: the response store {path} is damaged ({how}); it is now {aside.name}, and a new one is begun: "
        "its questions will be asked again",
        file=sys.stderr,
    )
    return aside


def let_go(connection: sqlite3.Connection, path: Path, inode: int | None) -> None:
    """Close a connection, unless its file was set aside meanwhile: closing would delete the new file's log by name.

    Then it stays open until the process ends, which deletes nothing.
    """
    with _name_locked(path):
        if inode_of(path) == inode:
            connection.close()
        else:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))


@contextmanager
def _name_locked(path: Path) -> Iterator[None]:
    """Nobody else gives the store's name to another file, or closes it, while the block lasts."""
    try:
        lock = path.with_name(f"{path.name}.lock").open("a")
    except OSError:  # a folder that cannot be written: then nothing can be renamed in it either
        yield
        return
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _one(connection: sqlite3.Connection, query: str) -> Any:
    """The only value of a query; every row is read, so that no open cursor locks a table."""
    return connection.execute(query).fetchall()[0][0]


def inode_of(path: Path) -> int | None:
    """The file that now has this name, by its number; None where there is none."""
    try:
        return path.stat().st_ino
    except (FileNotFoundError, NotADirectoryError):
        return None


def _check_is_ours(path: Path) -> None:
    """`ValueError` for a file that never was a store; one that calls itself a database but is garbled is `Damaged`."""
    try:
        with path.open("rb") as file:
            begin = file.read(16)
    except (FileNotFoundError, IsADirectoryError):
        return
    if not begin or begin == _MAGIC:
        return
    if path.suffix == ".sqlite":
        raise Damaged(path, "its beginning is not that of a database")
    raise ValueError(f"{path} is no database: set llm.store to another file")


def _bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables; a store of version 1 held everything in one, one of version 2 did not say whose words it holds."""
    with writing(connection):
        version = _one(connection, "PRAGMA user_version")
        old = _one(connection, "SELECT count(*) FROM pragma_table_info('answers') WHERE name = 'request'")
        first = version == 1 or (version == 0 and old == 1)
        if first:
            connection.execute("ALTER TABLE answers RENAME TO answers_1")
        for statement in _SCHEMA:
            connection.execute(statement)
        if first:
            insert(connection, _rows_of_version_1(connection, path))
            connection.execute("DROP TABLE answers_1")
        connection.execute(f"PRAGMA user_version={VERSION}")


def _rows_of_version_1(connection: sqlite3.Connection, path: Path) -> Iterator[tuple[str, str, bytes]]:
    for key, request, answer, check in connection.execute(
        "SELECT key, request, answer, checksum FROM answers_1"
    ):
        if check != sha256(f"{key}{answer}".encode()).hexdigest()[:16]:
            raise Damaged(path, "an answer differs from its checksum")
        logp, *rest = json.loads(answer)
        yield key, request, packed(Answer(tuple(logp), *rest))
