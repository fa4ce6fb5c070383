"""Stops asking when a command has spent what it may: the processes of one command add up in one small file."""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence

from windtunnel.agents.llm.costs.prices import Price, tokens_of
from windtunnel.agents.llm.request import Answer, Model, Request
from windtunnel.agents.llm.settings import LLMSettings
from windtunnel.agents.minds.base import Unanswered


class Ledger:
    """What was spent so far, in a file that several processes may share (None: in this process alone)."""

    def __init__(self, path: str | None) -> None:
        self._path, self._lock = path, threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._owner = 0

    def reserve(self, costs: Sequence[float], most: float) -> int:
        """Take down the first of these costs for as long as the sum stays within `most`; gives how many."""
        with self._lock:
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            (spent,) = connection.execute("SELECT amount FROM spent").fetchone()
            number = 0
            for cost in costs:
                if spent + cost > most:
                    break
                spent, number = spent + cost, number + 1
            connection.execute("UPDATE spent SET amount = ?", (spent,))
            connection.execute("COMMIT")
            return number

    def correct(self, difference: float) -> None:
        """Add what a reservation was too low by (below 0: too high)."""
        with self._lock:
            self._open().execute("UPDATE spent SET amount = amount + ?", (difference,))

    def spent(self) -> float:
        """What all processes of this command have reserved so far."""
        with self._lock:
            return self._open().execute("SELECT amount FROM spent").fetchone()[0]

    def close(self) -> None:
        with self._lock:
            if self._connection is not None and self._owner == os.getpid():
                self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None or self._owner != os.getpid():
            self._connection = sqlite3.connect(
                self._path or ":memory:", timeout=60, check_same_thread=False, isolation_level=None
            )
            self._owner = os.getpid()
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("CREATE TABLE IF NOT EXISTS spent (amount REAL NOT NULL)")
            self._connection.execute("INSERT INTO spent SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM spent)")
            self._connection.execute("COMMIT")
        return self._connection


class Budgeted:
    """A model that is asked only what `settings.budget` has room for; the rest is `Unanswered` at stage budget.

    A question is reserved at its estimated tokens before it is asked, and corrected by what the server counted, so
    the budget can be passed by no more than the estimates of one batch are wrong.
    """

    def __init__(self, model: Model, settings: LLMSettings, price: Price) -> None:
        self.inner, self.identity, self.counts = model, model.identity, model.counts
        self._settings, self._price = settings, price
        self._ledger = Ledger(settings.ledger)

    def ask(self, requests: Sequence[Request]) -> list[Answer | Unanswered]:
        replies: dict[Request, Answer | Unanswered] = {}
        for part in self.parts(requests):
            replies |= part
        return [replies[request] for request in requests]

    def parts(self, requests: Sequence[Request]) -> Iterator[dict[Request, Answer | Unanswered]]:
        """The replies as the model gives them; what there was no money for comes first."""
        most = float(self._settings.budget or 0.0)
        costs = [self._price.of(*tokens_of(request, self._settings)) for request in requests]
        number = self._ledger.reserve(costs, most)
        if number < len(requests):
            reason = (
                f"llm.budget is {most:g} {self._price.currency} and {len(requests) - number} questions more would "
                "pass it: the same command with a higher budget goes on from here"
            )
            yield dict.fromkeys(requests[number:], Unanswered("budget", reason))
        before = self.counts.snapshot()
        try:
            asked = list(requests[:number])
            if hasattr(self.inner, "parts"):
                yield from self.inner.parts(asked)
            else:
                yield dict(zip(asked, self.inner.ask(asked), strict=True))
        finally:
            after = self.counts.snapshot()
            used = [after[name] - before[name] for name in ("tokens_in", "tokens_out")]
            if any(used):
                self._ledger.correct(self._price.of(*used) - sum(costs[:number]))

    def close(self) -> None:
        self._ledger.close()
        self.inner.close()
