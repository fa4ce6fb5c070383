"""The servers that share a model's questions: who is asked next, and who is out of order."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

REST_S = 30.0
"""A server given up is tried again by one call after this long."""


@dataclass
class Breaker:
    """Opens after `after` failed calls in a row, so that a hopeless run ends early; 0: never.

    While it is open nothing is sent, but for one call every `REST_S` seconds; the first call that works closes it.
    """

    after: int
    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _failed: int = 0
    _reason: str = ""
    _until: float = 0.0

    def worked(self) -> None:
        """A call came back: what failed before counts no more."""
        with self._lock:
            self._failed = 0

    def failed(self, reason: str) -> None:
        """A call failed; after so many in a row nothing is sent for a while."""
        with self._lock:
            self._failed += 1
            self._reason = reason
            if self._open():
                self._until = self.clock() + REST_S

    def refusal(self) -> str:
        """Why nothing is sent now; empty when a call may go, which is then the one of this rest."""
        with self._lock:
            if not self._open():
                return ""
            if self.clock() >= self._until:
                self._until = self.clock() + REST_S
                return ""
            return f"given up after {self._failed} failed calls in a row, the last one: {self._reason}"

    def _open(self) -> bool:
        return 0 < self.after <= self._failed


_breakers: dict[tuple[str, str, int], Breaker] = {}


def breaker_of(base_url: str, model: str, after: int) -> Breaker:
    """This process's breaker for a server's model: blocks of one run, each with its own client, share it."""
    return _breakers.setdefault((base_url, model, after), Breaker(after))


def forget_breakers() -> None:
    """Start anew: another run may find the servers mended."""
    _breakers.clear()


@dataclass
class Server:
    """One address with its client; `busy` calls are under way, and `gone` is why the batch at hand does without it."""

    base_url: str
    client: Any
    breaker: Breaker
    busy: int = 0
    gone: str = ""


class Servers:
    """Hands out the least busy server that is in order, at most `concurrency` calls at a time each."""

    def __init__(self, servers: Sequence[Server], concurrency: int) -> None:
        self.all = list(servers)
        self._concurrency = concurrency
        self._free = threading.Condition()

    def new_batch(self) -> None:
        """Servers that were out of reach are tried again."""
        with self._free:
            for server in self.all:
                server.gone = ""

    def take(self, besides: Sequence[Server] = ()) -> Server | str:
        """A server to ask, once one has room; or why there is none. `besides` are asked no more."""
        with self._free:
            while True:
                able = [server for server in self.all if server not in besides and not server.gone]
                free = [server for server in able if server.busy < self._concurrency]
                refusals = []
                for server in sorted(free, key=lambda server: server.busy):
                    refusal = server.breaker.refusal()
                    if not refusal:
                        server.busy += 1
                        return server
                    refusals.append(f"{server.base_url} was {refusal}")
                if len(free) == len(able):
                    gone = [server.gone for server in self.all if server.gone]
                    return "; ".join([*refusals, *gone]) or "no other server is left"
                self._free.wait()

    def give(self, server: Server) -> None:
        """The call on this server has ended."""
        with self._free:
            server.busy -= 1
            self._free.notify_all()

    def close(self) -> None:
        for server in self.all:
            server.client.close()
