"""What the members of a forum try to do in a step."""

from dataclasses import dataclass

import numpy as np

from windtunnel.policies.base import CANCELLED, PASSED
from windtunnel.sim.events import NO_AMOUNT

WRITES = ("reply", "post")
"""Kinds of act that put up a post."""
FEW = 32
"""Acts up to which lists are faster than arrays."""


@dataclass
class Acts:
    """What the members of a step try to do, one row an act, in drawn order; lurking is not an act.

    `kind` is the action's name without its tone, `target` the row of the post acted on (NOTHING for a new
    thread or leaving), `verdict` PASSED, CANCELLED or HELD, `policy` the log's code of the policy that
    changed the act (-1: none).
    """

    rows: np.ndarray
    ids: np.ndarray
    kind: np.ndarray
    tone: np.ndarray
    target: np.ndarray
    verdict: np.ndarray
    policy: np.ndarray

    @property
    def amount(self) -> np.ndarray:
        """Nobody counts anything in a forum."""
        return np.full(len(self.rows), NO_AMOUNT)

    @property
    def kinds(self) -> tuple[list[str], np.ndarray]:
        """The kinds that there are, sorted, and which of them each act (n,) is."""
        if len(self.kind) > FEW:
            kinds, of_kind = np.unique(self.kind, return_inverse=True)
            return kinds.tolist(), of_kind
        given = self.kind.tolist()
        names = sorted(set(given))
        return names, np.array([names.index(kind) for kind in given], np.int64)

    @property
    def passed(self) -> np.ndarray:
        """Bool (n,): acts that no policy has cancelled or held."""
        return self.verdict == PASSED

    @property
    def writes(self) -> np.ndarray:
        """Bool (n,): replies and opening posts that nobody has cancelled."""
        if len(self.kind) > FEW:
            return ((self.kind == "reply") | (self.kind == "post")) & (self.verdict != CANCELLED)
        told = zip(self.kind.tolist(), self.verdict.tolist(), strict=True)
        return np.array([kind in WRITES and verdict != CANCELLED for kind, verdict in told], bool)
