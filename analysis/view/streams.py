"""Which streams of events are open, and which one gives way to another."""

import asyncio


class Streams:
    """The open streams of one server, the oldest first."""

    def __init__(self) -> None:
        self._open: list[asyncio.Event] = []

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, most: int) -> asyncio.Event:
        """Count one more; beyond `most` the oldest is told to end."""
        made = asyncio.Event()
        self._open.append(made)
        for old in self._open[:-most]:
            old.set()
        return made

    def end(self, which: asyncio.Event) -> None:
        self._open.remove(which)
