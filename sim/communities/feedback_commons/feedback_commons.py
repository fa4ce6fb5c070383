"""The rules of a feedback commons: give feedback or not, take it back or not; then models learn, and are used the more the better.

log(contributions a step) = trust · (motivation + pay) + what a useful model spurs - effort. The loop of use, feedback and
quality is that of figure 1 of "The Future of Open Human Feedback"; all numbers are our own.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import expit

from windtunnel.policies.base import WorldFace
from windtunnel.sim.communities.feedback_commons.settings import FeedbackSettings, Levers
from windtunnel.sim.community import Declared
from windtunnel.sim.members import NEVER, Members
from windtunnel.sim.plain import PlainActs, PlainCommunity, PlainView
from windtunnel.sim.unlearning import Contributors

AXES = ("methodology", "access", "models", "people", "timeline")
"""Ways in which a pool of feedback is open or not."""
HELD = 0.5
"""Feedback of one's own in the pool from which on there is something to take back."""
TASTE = 0.5
"""How far people of one language differ in what they find good, beside the distance of 1 of a language from the middle. Chosen."""


class FeedbackCommons(PlainCommunity):
    """Feedback by group (g,), and each member's motivation, trust and part in it (n,). Policies pull `levers` at each step."""

    silent = ("rest", "keep")

    def __init__(self, scenes: Any, members: Members, declared: Declared, settings: FeedbackSettings) -> None:
        super().__init__(scenes, members, declared)
        count, traits = len(members), members.traits
        self.settings, self.levers = settings, Levers()
        self.group = traits["group"].astype(int)
        self.motivation = traits["motivation"].copy()
        self.lost = 0.0  # part of all trust that leaks have taken
        self.feedback = np.zeros(settings.groups)
        self.held = np.zeros(count)  # what of the feedback is each member's
        self.owed = np.zeros(count)  # what of it each took back, and models still hold
        self.gave = np.zeros(count)
        self.last_gave = np.full(count, -NEVER)  # the step of each one's last contribution
        members.away_until[traits["luck"] < settings.waiting] = NEVER

    def open_step(self, world: WorldFace) -> None:
        """Nothing is in force until a policy says so."""
        self.levers = Levers()
        self.here = self.members.present(world.now)
        self.given, self.withdrawn = np.zeros(len(self.members)), 0.0

    def let_in(self, count: int, step: int) -> np.ndarray:
        """Rows of so many who waited outside and now take part."""
        waiting = np.flatnonzero((self.members.away_until == NEVER) & (self.members.joined <= step))[:count]
        self.members.away_until[waiting] = step
        self.here = self.members.present(step)
        return waiting

    def quality(self) -> np.ndarray:
        """How good models are for each group (g,), 0 to 1: what one firm can use of the feedback / (that + half)."""
        shared = min(1.0, self.settings.shared + self.levers.shared)
        usable = self.feedback * (shared + (1 - shared) / self.settings.firms)
        return usable / (usable + self.settings.half)

    def use(self) -> np.ndarray:
        """How much each group uses models (g,), 0 to 1."""
        sharp, at = self.settings.useful
        return expit(sharp * (self.quality() - at))

    def trust(self) -> float:
        """Everybody's: 1, less what leaks took, more what policies add."""
        return (1 - self.lost) * (1 + self.levers.trust)

    def small(self) -> np.ndarray:
        """Who (n,) belongs to the smaller half of the groups."""
        return self.group >= self.settings.groups // 2

    # who decides, and what they see

    def active(self, world: WorldFace) -> np.ndarray:
        """Everybody about giving; then who has given, within the steps in which one may, about taking it back."""
        if world.phase == "give":
            return np.flatnonzero(self.here)
        lately = world.now - self.last_gave < self.levers.retraction
        return np.flatnonzero(self.here & (self.held > HELD) & lately)

    def pace(self) -> np.ndarray:
        """Contributions a step that each member tends to make (n,)."""
        settings, levers, traits = self.settings, self.levers, self.members.traits
        expert = traits["expert"] > 0
        motive = self.motivation + levers.mission * (traits["values"] < 0.5) + levers.expert_motive * expert
        motive = motive * (1 - levers.crowding * (levers.pay > 0))
        spur = settings.spurred * self.use()[self.group] * (1 if levers.specialised else settings.general)
        least, most = settings.cost
        effort = np.where(self.small(), most - levers.outreach * (most - least), least)
        best = self.gave >= max(
            1.0, float(np.quantile(self.gave[self.here], 0.9)) if self.here.any() else 1.0
        )
        log = self.trust() * (motive + settings.paid * levers.pay) + spur
        log += levers.leaderboard * best - settings.effort * effort / levers.interface
        return np.exp(log) * np.where(expert, levers.expert_pace, 1.0)

    def show(self, world: WorldFace, rows: np.ndarray) -> PlainView:
        """How useful models are for one's group, whether one is paid, how easy it is, and how far one trusts the pool."""
        return self.view(
            world,
            rows,
            pace=self.pace()[rows],
            served=self.quality()[self.group[rows]],
            paid=self.levers.pay,
            easy=self.levers.interface,
            trust=self.trust(),
            held=self.held[rows],
            retracting=self.levers.retraction,
        )

    # what acts do

    def settle(self, world: WorldFace, acts: PlainActs) -> None:
        """Contributions up to the cap; what is taken back is gone from the pool, and from models if they are trained anew."""
        done = acts.passed
        if world.phase == "give":
            if self.levers.most is not None:
                acts.amount[done] = np.minimum(acts.amount[done], self.levers.most)
            self.given[acts.rows[done]] = acts.amount[done]
            self.last_gave[acts.rows[done]] = world.now
            return
        rows = acts.rows[done & (acts.kind == "retract")]
        self.withdrawn = float(len(rows))
        if self.levers.unlearning == "exact_retrain":
            np.subtract.at(self.feedback, self.group[rows], self.held[rows])
            self.feedback = np.maximum(self.feedback, 0.0)
        else:
            self.owed[rows] += self.held[rows]
        self.held[rows] = 0

    def close_step(self, world: WorldFace) -> None:
        """The pool decays and takes in what was given; pay wears motivation down; data may leak."""
        settings, levers, groups = self.settings, self.levers, self.settings.groups
        expert = self.members.traits["expert"] > 0
        worth = 1 - settings.biased * (1 - levers.audit) - settings.disputed * (1 - levers.resolved) / 2
        worth *= levers.information * levers.utility
        counted = self.given * np.where(expert, settings.expert_weight, 1.0) * worth
        people = np.bincount(self.group[self.here], minlength=groups)
        implicit = levers.implicit * self.use() * people
        kept = settings.decay + levers.refresh * (1 - settings.decay)
        drive = np.array([levers.drive.get(group, 0.0) for group in range(groups)]) * worth
        inflow = np.bincount(self.group, counted, groups)
        self.feedback = kept * self.feedback + inflow + implicit + drive
        self.held, self.owed = kept * self.held + counted, kept * self.owed
        self.gave += self.given
        self.members.summaries["given"] += self.given
        self._wear(world)
        total = float(self.given.sum())
        quality = self.quality()
        self.counts = {
            "contributions": total,
            "quality": float(quality.mean()),
            "least_quality": float(quality.min()),
            "quality_gini": gini(quality[people > 0]),
            "coverage_gini": gini(self.feedback[people > 0] / people[people > 0]),
            "freshness": float(self.feedback.sum()),
            "from_experts": float(self.given[expert].sum()) / total if total else 0.0,
            "implicit": float(implicit.sum()),
            "retracted": self.withdrawn,
            "residual": self._residual(),
            "leaked": self.leaked,
            "openness": float(len(levers.open)),
            "trust": self.trust(),
        }

    def _wear(self, world: WorldFace) -> None:
        """Pay drives out motivation, which comes back slowly; a leak takes trust, and harms small groups twice as much."""
        settings, levers, traits = self.settings, self.levers, self.members.traits
        if levers.pay > 0:
            self.motivation *= 1 - settings.crowd_persist
        else:
            self.motivation += settings.recovers * (traits["motivation"] - self.motivation)
        self.lost *= 1 - settings.heals
        chance = settings.breach * (1 - levers.safety)
        leak = bool(world.chance("leak", np.zeros(1, np.int64))[0] < chance)
        self.leaked = 0.0
        if leak:
            self.lost += settings.shock * (1 - self.lost) * (1 - levers.anonymous)
            harmed = self.here & (self.held > 0)
            self.members.summaries["exposed"][harmed] += (1 + self.small()[harmed]) * (1 - levers.anonymous)
            self.leaked = float(harmed.sum()) * (1 - levers.anonymous)

    def _residual(self) -> float:
        """What models still owe to feedback that was taken back."""
        if not self.owed.any():
            return 0.0
        gone = np.repeat([False, True], len(self.owed))
        return self.contributors.residual(
            self.levers.unlearning, np.concatenate([self.held, self.owed]), gone
        )

    @cached_property
    def contributors(self) -> Contributors:
        """Each member's feedback in the pool, then what each took back: languages lie on a circle, people around theirs; a prompt a language."""
        traits, groups = self.members.traits, self.settings.groups

        def circle(group: np.ndarray) -> np.ndarray:
            angle = 2 * np.pi * group / groups
            return np.stack([np.cos(angle), np.sin(angle)], axis=1)

        own = circle(self.group) + TASTE * (np.stack([traits["values"], traits["luck"]], axis=1) - 0.5)
        spread = (0.1 + 0.3 * traits["values"]) ** 2
        return Contributors(np.tile(own, (2, 1)), np.tile(spread, 2), circle(np.arange(groups)))

    def measures(self, world: WorldFace) -> Mapping[str, float]:
        return self.counts


def gini(values: np.ndarray) -> float:
    """Gini index of values (n,) of 0 and more; 0 where there are none.

    >>> gini(np.array([1.0, 1.0])), gini(np.array([0.0, 1.0]))
    (0.0, 0.5)
    """
    ordered = np.sort(values)
    total = ordered.sum()
    place = 2 * np.arange(1, len(ordered) + 1) - len(ordered) - 1
    return float((place * ordered).sum() / (len(ordered) * total)) if total > 0 else 0.0
