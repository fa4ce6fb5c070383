"""What there is in a commons: the stock, the norm, and what each member wants, took, fears and earned."""

from typing import Any

import numpy as np

from windtunnel.policies.base import WorldFace
from windtunnel.sim.communities.commons.settings import CommonsSettings
from windtunnel.sim.community import Declared
from windtunnel.sim.members import NEVER, Members
from windtunnel.sim.plain import PlainCommunity


class CommonsState(PlainCommunity):
    """Stock, norm, and what each member wants, took, fears and earned; arrays (n,) by row of `members`.

    Policies set, at each step, `norm`, `heeded`, `fining`, `detection`, `voting`, `leader`, `talks`.
    """

    silent = ("forgo",)
    lenience = 1.1
    """Who takes up to this times the norm has kept to it."""

    def __init__(self, scenes: Any, members: Members, declared: Declared, settings: CommonsSettings) -> None:
        super().__init__(scenes, members, declared)
        count = len(members)
        self.settings = settings
        self.stock = self.left = settings.start
        self.greed, self.punish = (members.traits[name].copy() for name in ("greed", "punish"))
        self.fear, self.gained = np.zeros(count), np.zeros(count)
        self.took, self.paid = np.zeros(count), np.zeros(count)
        self.others = np.full(
            count, np.nan
        )  # what the others took on average, or said that they would, in units
        self.voted = np.full(count, np.nan)  # the norm of the last vote, in units
        self.elicited: float | None = (
            None  # the last norm that members chose among several, as a part of what is fair
        )
        self.said: float | None = None  # the stock that a leader announced
        self.groups = 1  # of members, by row, that vote for themselves
        self.room: int | None = None  # members that there is room for; None: any number
        members.away_until[count - settings.waiting :] = NEVER if settings.waiting else 0
        self.grids = {name: table.amounts for name, table in self._tables.items()}

    def open_step(self, world: WorldFace) -> None:
        """Nothing is in force until a policy says so; the stock may be gone."""
        count, settings = len(self.members), self.settings
        self.alive = self.stock >= settings.collapse and self.stock > 0
        self.here = self.members.present(world.now)
        self.begun, self.left, self.said = self.stock, self.stock, None
        self.took[:], self.paid[:] = 0, 0
        self.norm, self.heeded = np.full(count, np.nan), np.zeros(count)
        self.fining: Any = None
        self.room, self.groups = None, 1
        self.detection, self.voting, self.leader, self.talks = settings.detection, "", "", settings.talk
        if settings.shown and not np.isnan(self.others).all():
            self.set_norm(self.others, settings.heeded["custom"])

    def set_norm(self, most: Any, heeded: float) -> None:
        """A norm: take no more than `most` units; `heeded` is the chance that an even-tempered member keeps to it.

        Of several the strictest counts for each member, and of two alike the one that is better heeded.
        """
        most = np.broadcast_to(np.asarray(most, float), self.norm.shape)
        stricter = np.isnan(self.norm) | (most < self.norm) | ((most == self.norm) & (heeded > self.heeded))
        stricter &= ~np.isnan(most)
        self.norm, self.heeded = np.where(stricter, most, self.norm), np.where(stricter, heeded, self.heeded)

    def broke_norm(self, rows: Any) -> np.ndarray:
        """Which of these members took more than the norm, this step; nobody where there is none."""
        return self.took[rows] > self.lenience * np.where(np.isnan(self.norm), np.inf, self.norm)[rows]

    def let_in(self, rows: np.ndarray, step: int) -> None:
        """Members who waited outside are here from this step on."""
        self.members.away_until[rows] = step
        self.here = self.members.present(step)

    def keep_away(self, world: WorldFace, rows: np.ndarray, until: int) -> None:
        """They are not here in this step, either."""
        super().keep_away(world, rows, until)
        self.here = self.members.present(world.now)

    def equal(self) -> float:
        """An equal share of the stock, in units."""
        return self.begun / max(1, int(self.here.sum()))

    def fair(self) -> float:
        """What each may take so that the stock stays as large, in units."""
        return self.settings.sustainable(self.begun) / max(1, int(self.here.sum()))

    def unit(self) -> float:
        """How many units of the stock an amount of 1 is."""
        return max(self.equal(), 1e-9) / 100 if self.settings.unit == "share" else 1.0
