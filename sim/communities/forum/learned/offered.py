"""The threads that a recorded forum of learned members has in sight."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Offered:
    """Threads in sight, by the rows of their opening posts (m,)."""

    roots: np.ndarray

    @cached_property
    def place(self) -> dict[int, int]:
        """Of each thread its place."""
        return {root: at for at, root in enumerate(self.roots.tolist())}
