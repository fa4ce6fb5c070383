"""Waiting in tests: for a state, never for a time.

How fast a machine is, and what else it does, is no part of what a test says. So whatever must come is waited for, `PATIENCE_S` at
most; a test that finds it at once has lost nothing.
"""

import time
from collections.abc import Callable

PATIENCE_S = 60.0
"""Longer than anything here takes on a machine that does ten other things besides."""


def until(what: Callable[[], object], seconds: float = PATIENCE_S) -> None:
    """Return as soon as `what()` holds; `AssertionError` where it does not within so many seconds."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"waited {seconds:g} seconds in vain"
        time.sleep(0.02)
