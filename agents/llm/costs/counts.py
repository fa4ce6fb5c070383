"""What asking cost: a few numbers that several threads add to and the manifest reads."""

import threading
from collections import Counter

NAMES = (
    "questions",
    "unique",
    "store_hits",
    "calls",
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "retries",
    "invalid",
    "floored",
    "cut",
    "texts",
)
"""questions: decisions; unique: distinct questions among them; calls: HTTP requests answered or given up, retries
among them; tokens_cached: those of tokens_in that the server had in its cache; invalid: answers that could not be read; floored: letters missing from a server's list; cut: lines
of threads left out so that questions fit the context; texts: posts that were given words."""


class Counts:
    """Counts by name, all starting at 0; an unknown name is a `KeyError`.

    >>> counts = Counts(); counts.add(calls=2, retries=1); counts.snapshot()["calls"]
    2
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: Counter[str] = Counter({name: 0 for name in NAMES})

    def add(self, **numbers: int) -> None:
        """Add to counts by name, from any thread."""
        with self._lock:
            for name, number in numbers.items():
                if name not in NAMES:
                    raise KeyError(f"no count called {name}: there are {', '.join(NAMES)}")
                self._numbers[name] += number

    def snapshot(self) -> dict[str, int]:
        """All counts as they stand now, by name."""
        with self._lock:
            return dict(self._numbers)
