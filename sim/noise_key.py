"""The chance of one world: a key for the past and, from a fork on, another for its future."""

from typing import NamedTuple

from windtunnel.sim import noise


class NoiseKey(NamedTuple):
    """Which key addresses chance at a step: `past` before `fork`, `future` from then on; no fork, one key for ever.

    Two futures with equal `future` share every piece of chance after the fork, wherever the fork lies.
    """

    past: int
    fork: int | None = None
    future: int = 0

    def at(self, step: int) -> int:
        """The key that addresses chance in this step: the past's before the fork, the future's from it on."""
        return self.past if self.fork is None or step < self.fork else self.future

    def redrawn(self, fork: int, number: int) -> "NoiseKey":
        """The same past, and the `number`-th other future from step `fork` on.

        >>> NoiseKey(7).redrawn(3, 0).at(2) == 7, NoiseKey(7).redrawn(3, 0).at(3) == NoiseKey(7).redrawn(5, 0).at(9)
        (True, True)
        """
        return NoiseKey(self.past, fork, noise.key("future", self.past, number))


def luck_of(root: int, draw: int, seed: int) -> NoiseKey:
    """The chance of the run (draw, seed) under `root`; twins share it."""
    return NoiseKey(noise.key("chance", root, draw, seed))
