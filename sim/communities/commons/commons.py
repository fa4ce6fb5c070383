"""The rules of a commons. A step: vote on a norm, talk, take (the leader last), fine each other; then the stock grows.

The stock is in units; takings are drawn from a grid of whole amounts, whose unit the settings name. Sources: Piatti et al.
2024 (fishery, pasture, pollution), Gupta et al. 2025 (norms), Herrmann, Thöni & Gächter 2008 (public goods with fining); see
docs/communities.md.
"""

from collections.abc import Mapping

import numpy as np

from windtunnel.policies.base import WorldFace
from windtunnel.sim.communities.commons.fines import seen, settle_fines, watched
from windtunnel.sim.communities.commons.learning import learn, mean_of_others
from windtunnel.sim.communities.commons.state import CommonsState
from windtunnel.sim.events import NO_AMOUNT
from windtunnel.sim.plain import PlainActs, PlainView

NOBODY = np.empty(0, np.int64)


class Commons(CommonsState):
    """Who decides in each phase of a step, what they see, and what comes of it."""

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
