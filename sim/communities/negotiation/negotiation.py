"""The rules of a negotiation: each round every group proposes a measure, one is tabled, and the groups accept it or not.

Without a policy proposals are heard and nothing follows: the base design with the greatest total stands. The procedure is our
own; of Negotiative Alignment (arXiv 2503.12613) only the abstract could be read.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import ndtri

from windtunnel.policies.base import WorldFace
from windtunnel.sim.communities.negotiation.problem import NegotiationSettings, Problem
from windtunnel.sim.community import Declared
from windtunnel.sim.members import Members
from windtunnel.sim.noise import pair
from windtunnel.sim.plain import PlainActs, PlainCommunity, PlainView

NONE = -1
TINY = 1e-9


class Negotiation(PlainCommunity):
    """Adopted measures (m,) bool, and how far each group errs about each (n, m). Policies set `mode`, `weights` and `shared`."""

    silent = ("pass_",)

    def __init__(
        self,
        scenes: Any,
        members: Members,
        declared: Declared,
        settings: NegotiationSettings,
        problem: Problem,
    ) -> None:
        super().__init__(scenes, members, declared)
        self.settings, self.problem = settings, problem
        self.adopted = np.zeros(len(problem.cost), bool)
        self.refused = np.zeros(len(problem.cost), bool)
        self.known = 0.0  # part of the errors that talk has taken away
        self.optimum: dict[str, float] = {}
        self.tabled, self.budget = NONE, problem.budget

    def open_step(self, world: WorldFace) -> None:
        """Nothing is tabled, and nothing can be adopted until a policy says how."""
        self.here = np.flatnonzero(self.members.present(world.now))
        if world.now == 0:
            ids = self.members.id
            lot = world.chance("error", pair(ids[:, None], np.arange(len(self.adopted))[None, :]))
            self.error = self.settings.gap * ndtri(lot)
            self.optimum = self.problem.best(self.here)
        self.mode, self.weights = "", (1.0, 2.0)
        self.tabled, self.budget = NONE, self.problem.budget

    def talk(self, part: float) -> None:
        """Groups tell each other what they know: that part of the errors is gone; what measures are worth to them stays."""
        self.known = 1 - (1 - self.known) * (1 - part)

    def believed(self) -> np.ndarray:
        """What each group thinks that each measure adds for it (n, m)."""
        return self.problem.effect + (1 - self.known) * self.error

    def affordable(self) -> np.ndarray:
        """Measures (m,) that are neither adopted nor refused and that the rest of the budget pays."""
        spent = self.problem.cost[self.adopted].sum()
        return ~self.adopted & ~self.refused & (self.problem.cost <= self.budget - spent + TINY)

    def favourite(self) -> np.ndarray:
        """The affordable measure (n,) with the greatest believed gain for its cost; -1 where none gains."""
        worth = np.where(self.affordable(), self.believed() / self.problem.cost, -np.inf)
        best = worth.argmax(axis=1)
        return np.where(worth[np.arange(len(best)), best] > 0, best, NONE)

    # who decides, and what they see

    def active(self, world: WorldFace) -> np.ndarray:
        return self.here if world.phase == "propose" or self.tabled >= 0 else self.here[:0]

    def show(self, world: WorldFace, rows: np.ndarray) -> PlainView:
        """One's favourite, and of the tabled measure what it adds and where one would then stand beside the base."""
        now = self._standing(self.believed())
        after = self._standing(self.believed(), self.tabled)
        base = np.clip(self.problem.base, 1, 5)
        view = self.view(
            world,
            rows,
            favourite=self.favourite()[rows],
            gain=(after - now)[rows],
            margin=(after - base)[rows],
            utility=now[rows],
            voting=self.mode == "majority",
        )
        if world.phase == "propose":
            open_ = np.flatnonzero(~self.affordable())
            view.withdraw(np.ones(len(rows), bool), *(f"propose_{measure:02d}" for measure in open_))
            view.options[:, :2] |= ~self.affordable().any()  # nothing to choose from: pass
        return view

    def _standing(self, effect: np.ndarray, more: int = NONE) -> np.ndarray:
        """Believed utilities (n,) with the adopted measures, and one more."""
        chosen = self.adopted.copy()
        if more >= 0:
            chosen[more] = True
        return np.clip(self.problem.base + effect[:, chosen].sum(axis=1), 1, 5)

    # what acts do

    def settle(self, world: WorldFace, acts: PlainActs) -> None:
        """Of the proposals one is tabled; it is adopted where all accept it, or under a majority rule more than half."""
        done = acts.passed
        if world.phase == "propose":
            proposed = np.unique(acts.amount[done & (acts.kind == "propose")])
            proposed = proposed[self.affordable()[proposed]]
            if self.mode and len(proposed):
                self.tabled = self._tabled(proposed, acts.amount[done & (acts.kind == "propose")])
            return
        if self.tabled < 0:
            return
        accepting = int((done & (acts.kind == "accept")).sum())
        enough = len(self.here) if self.mode == "consensus" else len(self.here) // 2 + 1
        (self.adopted if accepting >= enough else self.refused)[self.tabled] = True

    def _tabled(self, proposed: np.ndarray, named: np.ndarray) -> int:
        """The mediator's choice: the greatest weighted gain in total and for the worst off, for its cost; else what most proposed."""
        if self.mode == "majority":
            return int(proposed[np.bincount(named, minlength=len(self.adopted))[proposed].argmax()])
        effect = self.believed()
        now = self._standing(effect)[self.here]
        of_total, of_worst = self.weights
        scores = []
        for measure in proposed:
            after = self._standing(effect, int(measure))[self.here]
            gain = of_total * (after.sum() - now.sum()) + of_worst * (after.min() - now.min())
            scores.append(gain / self.problem.cost[measure])
        return int(proposed[int(np.argmax(scores))])

    def close_step(self, world: WorldFace) -> None:
        self.members.summaries["utility"] = self.problem.utilities(self.adopted)
        self.members.summaries["gained"] = self.members.summaries["utility"] - self.problem.base

    def measures(self, world: WorldFace) -> Mapping[str, float]:
        """Totals and gaps, and how far from the best that all affordable sets allow."""
        utility = self.problem.utilities(self.adopted)[self.here]
        base = self.problem.base[self.here]
        gains = float(np.maximum(utility - base, 0).prod())
        errors = (1 - self.known) * self.error[self.here]
        return {
            "total": float(utility.sum()),
            "worst": float(utility.min()),
            "spent": float(self.problem.cost[self.adopted].sum()),
            "short_of_total": self.optimum["total"] - float(utility.sum()),
            "short_of_worst": self.optimum["worst"] - float(utility.min()),
            "short_of_nash": self.optimum["nash"] - gains,
            "below_base": float((utility < base - TINY).sum()),
            "belief_gap": float(errors.var()),
            "value_gap": float(self.problem.effect[self.here].var(axis=0).mean()),
        }
