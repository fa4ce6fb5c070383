"""How fast a server may be asked: a rate shared by all processes of this machine, and the pauses it asks for."""

import fcntl
import hashlib
import threading
import time
from collections.abc import Callable
from pathlib import Path

from windtunnel.agents.llm.cache import need_writable

LONGEST_PAUSE_S = 120.0
"""A `Retry-After` up to this long is waited for by every thread; a longer one fails the call."""


def claim(path: Path, interval: float, now: Callable[[], float] = time.time) -> float:
    """Reserve the next free moment in the file `path`, `interval` seconds after the one before; gives how long to wait.

    Processes that share the file share the rate. A moment further away than an hour is a clock that was set back,
    and forgotten.
    """
    need_writable(
        path.parent, "WINDTUNNEL_CACHE to a folder that can, or llm.requests_per_minute=null for no rate"
    )
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # released when the file closes
        file.seek(0)
        here = now()
        try:
            free = float(file.read() or 0)
        except ValueError:
            free = 0.0
        moment = free if here < free < here + 3600 else here
        file.truncate(0)
        file.write(repr(moment + interval))
        file.flush()
    return moment - here


class Pace:
    """When the next request to one server may leave; `per_minute=None` sets no rate of ours."""

    def __init__(self, base_url: str, per_minute: float | None, folder: Path) -> None:
        self._interval = 60.0 / per_minute if per_minute else 0.0
        self._path = folder / "pace" / hashlib.sha256(base_url.encode()).hexdigest()[:16]
        self._lock = threading.Lock()
        self._resume = 0.0

    def wait(self) -> None:
        """Return when the next request may be sent."""
        if self._interval:
            time.sleep(claim(self._path, self._interval))
        while (pause := self._resume - time.monotonic()) > 0:
            time.sleep(pause)

    def hold(self, seconds: float) -> None:
        """Let no thread send for `seconds`: the server said so to one of them."""
        if 0 < seconds <= LONGEST_PAUSE_S:
            with self._lock:
                self._resume = max(self._resume, time.monotonic() + seconds)


def asked_pause(retry_after: str | None) -> float:
    """Seconds of a `Retry-After` header, given as a number; 0 for none, or for a date (the openai client reads those).

    >>> asked_pause("2.5"), asked_pause(None), asked_pause("soon")
    (2.5, 0.0, 0.0)
    """
    try:
        seconds = float(retry_after or 0)
    except ValueError:
        return 0.0
    return seconds if 0 < seconds < float("inf") else 0.0
