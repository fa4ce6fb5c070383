"""The rules of a commons. A step: vote on a norm, talk, take (the leader last), fine each other; then the stock grows.

The stock is in units; takings are drawn from a grid of whole amounts, whose unit the settings name. Sources: Piatti et al.
2024 (fishery, pasture, pollution), Gupta et al. 2025 (norms), Herrmann, Thöni & Gächter 2008 (public goods with fining); see
docs/communities.md.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from windtunnel.policies.base import WorldFace
from windtunnel.sim.communities.commons.fines import seen, settle_fines, watched
from windtunnel.sim.communities.commons.learning import learn, mean_of_others
from windtunnel.sim.communities.commons.settings import CommonsSettings
from windtunnel.sim.community import Declared
from windtunnel.sim.events import NO_AMOUNT
from windtunnel.sim.members import NEVER, Members
from windtunnel.sim.plain import PlainActs, PlainCommunity, PlainView

NOBODY = np.empty(0, np.int64)


class Commons(PlainCommunity):
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

    # what policies set anew at each step

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

    # who decides, and what they see

    def active(self, world: WorldFace) -> np.ndarray:
        """Everybody here, but in the phases of a leader, and where a phase is off."""
        present = np.flatnonzero(self.here)
        if not self.alive or not len(present):
            return NOBODY
        leads, others = present[:1], present[1:]
        match world.phase:
            case "vote":
                return present if self.voting else NOBODY
            case "announce":
                return leads if self.leader == "announcing" else NOBODY
            case "talk":
                return present if self.talks else NOBODY
            case "take":
                return others if self.leader else present
            case "lead":
                return leads if self.leader and self.left >= self.unit() else NOBODY
        return present if self.fining is not None else NOBODY

    def show(self, world: WorldFace, rows: np.ndarray) -> PlainView:
        """The stock as it is told, the norm, the others, and one's own greed and fear; amounts up to what can be taken."""
        about = None
        if not len(rows):
            return self.view(world, rows)
        if world.phase == "fine":
            rows, about = seen(self, world, rows)
        told = self.begun if self.said is None or world.phase == "lead" else self.said
        unit, lead = self.unit(), world.phase == "lead"
        limits = {"norm": self.norm / unit, "heeded": self.heeded}
        view = self.view(
            world,
            rows,
            stock=told,
            share=100 * told / self.settings.capacity,
            fair=self.fair() / unit,
            equal=self.equal() / unit,
            most=self._most(lead) / unit,
            others=_or_less(self.others[rows] / unit),
            norm=_or_less(limits["norm"][rows]),
            heeded=limits["heeded"][rows],
            watched=watched(self)[rows],
            fear=self.fear[rows],
            greed=self.greed[rows],
            punish=self.punish[rows],
            took=self.took[rows if about is None else about] / unit,
            left=self.left / unit,
        )
        view.about = about
        if world.phase in ("take", "lead", "vote", "talk"):
            amounts = self.grids[world.phase]
            view.options[:] = (amounts <= max(self._most(lead) / unit, 1)) | (amounts == NO_AMOUNT)
        return view

    def _most(self, lead: bool) -> float:
        """The most that can be asked for: a king all that is left, others what the settings allow."""
        there = self.left if lead else self.begun
        capped = self.settings.most is not None and not (lead and self.leader != "boss")
        return min(there, self.settings.most) if capped else there  # type: ignore[type-var, return-value]

    # what acts do

    def settle(self, world: WorldFace, acts: PlainActs) -> None:
        """Each phase by its own rule; amounts that were granted are written into the acts."""
        match world.phase:
            case "vote":
                self._settle_vote(acts)
            case "announce":
                self.said = float(acts.amount[acts.passed][0]) if acts.passed.any() else None
            case "talk":
                self._settle_talk(acts)
            case "fine":
                settle_fines(self, acts)
            case _:
                self._settle_takings(world, acts)

    def _settle_vote(self, acts: PlainActs) -> None:
        """The median proposal (or the first member's) holds until the next vote; by group where there are several."""
        voted, unit = acts.passed, self.unit()
        for group in range(self.groups):
            inside = voted & (acts.rows % self.groups == group)
            if inside.any():
                ruler = inside & (acts.rows == acts.rows[inside].min())
                said = acts.amount[ruler if self.voting == "dictator" else inside] * unit
                self.voted[np.arange(len(self.voted)) % self.groups == group] = np.median(said)
        self.set_norm(self.voted, self.settings.heeded["voted"])

    def _settle_talk(self, acts: PlainActs) -> None:
        """The median of what is proposed becomes a norm for this step."""
        if acts.passed.any():
            self.set_norm(np.median(acts.amount[acts.passed]) * self.unit(), self.settings.heeded["talk"])

    def _settle_takings(self, world: WorldFace, acts: PlainActs) -> None:
        """Grant what was asked for; if that is more than there is, unit by unit to a member drawn among the unserved."""
        asked, unit = np.where(acts.passed, acts.amount, 0) * self.unit(), self.unit()
        granted = asked
        if asked.sum() > self.left:
            granted = self._rationed(world, asked, acts.ids)
        self.took[acts.rows] = granted
        self.left = max(0.0, self.left - granted.sum())
        acts.amount[:] = np.rint(granted / unit).astype(np.int64)
        self.members.summaries["harvested"][acts.rows] += granted

    def _rationed(self, world: WorldFace, asked: np.ndarray, ids: np.ndarray) -> np.ndarray:
        if self.settings.unit == "share":
            return asked * self.left / asked.sum()
        wanting, granted = asked.copy(), np.zeros(len(asked))
        order = np.argsort(ids)
        for lot in world.chance("ration", np.arange(int(self.left))):
            open_ = order[wanting[order] > 0]
            one = open_[int(lot * len(open_))]
            granted[one] += 1
            wanting[one] -= 1
        return granted

    def close_step(self, world: WorldFace) -> None:
        """Pay out, learn, and let what is left grow; too little is gone for good."""
        settings, here = self.settings, self.here
        if not self.alive:
            return
        pay = settings.own * self.took + settings.shared * self.left * here - self.paid
        self.members.summaries["earned"] += pay
        self.over = float((self.took[here] > self.fair() + 1e-9).mean())
        self.fear *= settings.fades
        self.gained = 0.8 * self.gained + pay
        self.others = mean_of_others(np.where(here, self.took, np.nan))
        learn(self, world)
        gone = self.left < settings.collapse and settings.growth != "refill"
        self.stock = 0.0 if gone else settings.grown(self.left)

    def measures(self, world: WorldFace) -> Mapping[str, float]:
        """The stock before and after, what was taken and left a member, and what could be taken at best."""
        best = self.settings.sustainable(self.settings.start)
        if not self.alive:
            return dict.fromkeys(self.declared.measures, 0.0) | {"best": best}
        return {
            "stock": self.begun,
            "taken": float(self.took.sum()),
            "left_each": self.left / max(1, int(self.here.sum())),
            "remaining": self.stock,
            "alive": 1.0,
            "over": self.over,
            "fair": self.fair() / self.unit(),
            "fines": float(self.paid.sum()),
            "best": best,
        }


def _or_less(values: np.ndarray) -> np.ndarray:
    """The values, -1 where there is none."""
    return np.where(np.isnan(values), -1.0, values)
