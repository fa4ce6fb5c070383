"""The rules of collective action. A round: members decide whether to take part; they hand in their data; the platform learns.

Who takes part plants the signal of its collective in what it hands in, with the label that the collective wants (Hardt et al.
2023, arXiv 2302.04262). Of two collectives see arXiv 2505.00195, of coordination noise arXiv 2510.18933; docs/communities.md
says what is theirs and what ours. Success is measured on what the platform would say of everybody else.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from windtunnel.policies.base import WorldFace
from windtunnel.sim.communities.collective_action.platform import OWN, Handed, Learning, Platform
from windtunnel.sim.communities.collective_action.settings import ActionSettings
from windtunnel.sim.community import Declared
from windtunnel.sim.feed_rule import FeedRule
from windtunnel.sim.members import Members
from windtunnel.sim.plain import PlainActs, PlainCommunity, PlainView

UNKNOWN = 0.5
"""What members are told of a success that nobody has seen yet."""


class CollectiveAction(PlainCommunity):
    """Who is in which collective, and what each has reached; arrays (n,) by row of `members`, (m,) by collective.

    Policies set, at each round: `signals` (m,), `noise`, `novice`, `effort`, `audited` (a share of labels), `most_copies`,
    `learning`, `retrain`, `disbanded` (m,) and, of a recommender, what `feed_rule` holds.
    """

    silent = ("stay_out",)

    def __init__(
        self,
        scenes: Any,
        members: Members,
        declared: Declared,
        settings: ActionSettings,
        place: np.ndarray,
        platform: Platform,
    ) -> None:
        super().__init__(scenes, members, declared)
        self.settings, self.place, self.platform = settings, place, platform
        self.names = tuple(settings.acting)
        self.planned = tuple(settings.acting.values())
        self.targets = np.array([one.target for one in self.planned])
        self.by_feature = np.array([one.strategy == "feature" for one in self.planned])
        self.reached = np.full(len(self.names), UNKNOWN)
        self.joined = np.full(len(self.names), UNKNOWN)
        self.took_part = np.zeros(len(members), np.int64)
        self.good = 0.0
        self.trained = -1
        if settings.platform == "recommender":
            self.bundled_objects = settings.cells

    def open_step(self, world: WorldFace) -> None:
        """Nothing is in force until a policy says so; the first round draws the base data."""
        settings = self.settings
        if world.now == 0:
            self.platform.open(world)
        self.signals = np.array([one.signal for one in self.planned])
        self.noise, self.novice, self.effort = settings.noise, settings.novice, 0.0
        self.audited, self.most_copies = 0.0, np.inf
        self.learning, self.retrain = Learning(), settings.retrain
        self.disbanded = np.zeros(len(self.names), bool)
        self.feed_rule = FeedRule(settings.reader_weight)
        self.platform.rule = self.feed_rule
        self.taking = np.zeros(len(self.members), bool)

    def active(self, world: WorldFace) -> np.ndarray:
        """Members of collectives that have not been disbanded."""
        there = self.members.present(world.now) & (self.place >= 0)
        return np.flatnonzero(there & ~self.disbanded[self.place])

    def show(self, world: WorldFace, rows: np.ndarray) -> PlainView:
        """What the own collective has reached, how many took part the last time, and what taking part costs."""
        own = self.place[rows]
        return self.view(
            world,
            rows,
            zeal=self.members.traits["zeal"][rows],
            success=self.reached[own],
            company=self.joined[own],
            effort=self.effort,
            before=self.took_part[rows] > 0,
        )

    def settle(self, world: WorldFace, acts: PlainActs) -> None:
        """Who takes part is noted; what it hands in follows at the end of the round."""
        self.taking[acts.rows[acts.passed]] = True

    def close_step(self, world: WorldFace) -> None:
        """Data is handed in; every so many rounds the platform learns from it."""
        handed = self._handed(world)
        if self.trained < 0 or world.now - self.trained >= self.retrain:
            self.platform.train(world, handed, self.learning)
            self.trained = world.now
            self.good = self.platform.accuracy()
            self.reached = np.array(
                [
                    self.platform.success(place, int(self.signals[place]), int(self.targets[place]))
                    for place in range(len(self.names))
                ]
            )
        sizes = np.array([one.members for one in self.planned])
        self.joined = np.bincount(self.place[self.taking], minlength=len(sizes)) / sizes
        self.took_part += self.taking
        self.members.summaries["rounds"][self.taking] += 1

    def _handed(self, world: WorldFace) -> Handed:
        """Who takes part plants signal and label, or misapplies one of them; others hand in what they have."""
        settings, ids, taking = self.settings, self.members.id, self.taking.copy()
        own = self.place
        taking &= ~self.by_feature[own] | (self.platform.label == self.targets[own])
        noise = np.clip(self.noise * np.where(self.took_part > 0, 1.0, self.novice), 0, 1)
        signal = np.where(taking, self.signals[own], OWN)
        label = np.where(taking & ~self.by_feature[own], self.targets[own], OWN)
        wrong = {
            what: taking & (world.chance(f"misapplies {what}", ids) < noise)
            if settings.misapplied in (what, "both")
            else np.zeros(len(ids), bool)
            for what in ("signal", "label")
        }
        away = (world.chance("other signal", ids) * settings.signals).astype(int) + 1
        signal = np.where(wrong["signal"], (signal + 1 + away) % (settings.signals + 1) - 1, signal)
        away = (world.chance("other label", ids) * (settings.labels - 1)).astype(int) + 1
        label = np.where(wrong["label"] & (label != OWN), (label + away) % settings.labels, label)
        self.misapplied = float((wrong["signal"] | wrong["label"])[taking].mean()) if taking.any() else 0.0
        audited = world.chance("audited", ids) < self.audited
        copies = np.where(taking, np.minimum(self.members.traits["accounts"], self.most_copies), 1.0)
        here = self.members.present(world.now) & (self.place >= 0)
        return Handed(signal, np.where(audited, OWN, label), np.where(here, copies, 0.0))

    def measures(self, world: WorldFace) -> Mapping[str, float]:
        """What the first two collectives and all together have reached, and how good the platform is for others."""
        return {
            "success_first": float(self.reached[0]),
            "success_second": float(self.reached[1]) if len(self.reached) > 1 else 0.0,
            "success_mean": float(self.reached.mean()),
            "success_worst": float(self.reached.min()),
            "taking_part": float(self.taking.sum()),
            "misapplied": self.misapplied,
            "accuracy": self.good,
            **self.platform.shares(),
        }
