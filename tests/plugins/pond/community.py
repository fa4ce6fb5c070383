"""A pond that a few members fish: each takes 0 to 3 fish a month, then may scold one other; fish breed, or are gone."""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from windtunnel.policies.base import WorldFace
from windtunnel.sim.community import Declared, Harm, Nouns
from windtunnel.sim.noise_key import NoiseKey
from windtunnel.sim.plain import PlainActs, PlainCommunity, PlainView
from windtunnel.sim.plain_builder import PlainBuilder, Settings


class PondSettings(Settings):
    """Numbers of `conf/community/pond.yaml`."""

    fish: Annotated[int, Field(ge=1)]
    """Fish at the start, which is also the most that the pond feeds."""
    least: Annotated[int, Field(ge=0)]
    """With fewer fish than this none are left in the next month."""
    growth: Annotated[float, Field(ge=1)]


class Pond(PlainCommunity):
    """Stock, what each took last, and how often each was scolded since it last took little."""

    silent = ("rest",)

    def __init__(self, scenes: Any, members: Any, declared: Declared, settings: PondSettings) -> None:
        super().__init__(scenes, members, declared)
        self.settings, self.stock = settings, float(settings.fish)
        self.took = np.zeros(len(members), np.int64)
        self.scolded = np.zeros(len(members))

    def active(self, world: WorldFace) -> np.ndarray:
        return super().active(world) if self.stock > 0 else np.empty(0, np.int64)

    def show(self, world: WorldFace, rows: np.ndarray) -> PlainView:
        view = self.view(
            world,
            rows,
            stock=self.stock,
            wanted=np.maximum(self.members.traits["appetite"][rows] - self.scolded[rows], 0),
            took=self.took[rows],
        )
        if world.phase == "scold":
            everyone = np.arange(len(self.members))
            others = np.where(everyone == rows[:, None], -1, everyone)
            view.among(others, (self.took > 1).astype(int), ("scold_modest", "scold_greedy"))
        return view

    def settle(self, world: WorldFace, acts: PlainActs) -> None:
        passed = acts.passed
        if world.phase == "scold":
            np.add.at(self.scolded, acts.target[passed], 1.0)
            np.add.at(self.members.summaries["scoldings"], acts.target[passed], 1.0)
            return
        before = np.concatenate([[0], np.cumsum(np.where(passed, acts.amount, 0))[:-1]])
        acts.amount[:] = np.clip(int(self.stock) - before, 0, acts.amount)
        self.took[:] = 0
        self.took[acts.rows[passed]] = acts.amount[passed]
        self.members.summaries["harvested"] += self.took
        self.stock -= self.took.sum()

    def close_step(self, world: WorldFace) -> None:
        self.scolded[self.took < 2] = 0
        alive = self.stock >= self.settings.least
        self.stock = min(self.settings.growth * self.stock, self.settings.fish) if alive else 0.0

    def measures(self, world: WorldFace) -> Mapping[str, float]:
        return {"stock": self.stock, "taken": float(self.took.sum())}


class Builder(PlainBuilder):
    """Makes ponds."""

    name, features, notices = "pond", ("stock", "wanted", "took", "sign"), ("sign",)
    Settings = PondSettings
    declared = Declared(
        amount="fish",
        traits=("appetite",),
        groups=("persona",),
        summaries={"harvested": "fish", "scoldings": "times"},
        measures={"stock": "fish", "taken": "fish"},
        harms=(
            Harm("harvested", "fish that a fisher took", "good"),
            Harm("scoldings", "times that a fisher was scolded"),
        ),
        absences=True,
        nouns=Nouns(nothing="no rule", member="fisher", members="fishers", step="month"),
    )

    def make(self, scenes: Any, *, traits_key: int, luck: NoiseKey, steps: int) -> Pond:
        members = self.members(scenes[0], traits_key, self.settings.size)
        return Pond(scenes, members, self.declared, self.settings)
