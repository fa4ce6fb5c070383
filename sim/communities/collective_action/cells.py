"""A platform that gives each cell of features its most frequent label, cells with a signal apart from those without."""

import numpy as np
from scipy.special import gammaincinv

from windtunnel.policies.base import WorldFace
from windtunnel.sim import noise
from windtunnel.sim.communities.collective_action.platform import (
    OWN,
    TENTHS,
    Handed,
    Learning,
    as_one,
    drawn,
    parts,
    relabelled,
)
from windtunnel.sim.communities.collective_action.settings import ActionSettings
from windtunnel.sim.feed_rule import FeedRule


class Cells:
    """`population` (cells,) and `labels` (cells, labels) are true chances; `says` (1 + signals, cells) what was learned,
    in row 0 for rows without a signal."""

    rule: FeedRule

    def __init__(self, settings: ActionSettings, key: int, ids: np.ndarray, place: np.ndarray) -> None:
        self.settings = settings
        cells, labels = settings.cells, settings.labels
        self.population = -np.log(noise.uniform(key, "population", 0, np.arange(cells)))
        self.population /= self.population.sum()
        lot = noise.uniform(key, "labels", 0, np.arange(cells * labels)).reshape(cells, labels)
        self.chances = np.maximum(gammaincinv(settings.evenness, lot), 1e-300)
        self.chances /= self.chances.sum(axis=1, keepdims=True)
        part, lot = parts(settings, key, ids, place), noise.uniform(key, "cell", 0, ids)
        self.cell = drawn(self.population, lot)
        for tenth in np.unique(part[part >= 0]):
            own = np.where(np.arange(cells) % TENTHS == tenth, self.population, 0)
            if own.sum() > 0:
                self.cell[part == tenth] = drawn(own, lot[part == tenth])
        self.label = drawn(self.chances[self.cell], noise.uniform(key, "label", 0, ids))
        self.says = np.zeros((1 + settings.signals, cells), np.int64)

    def open(self, world: WorldFace) -> None:
        """Base rows: a cell, a label, and seldom a signal."""
        settings, rows = self.settings, np.arange(self.settings.base)
        self.base_cell = drawn(self.population, world.chance("base cell", rows))
        self.base_label = drawn(self.chances[self.base_cell], world.chance("base label", rows))
        lot = world.chance("base signal", rows)
        carries = lot < settings.carried * settings.signals
        self.base_signal = np.where(carries, 1 + (lot / max(settings.carried, 1e-12)).astype(int), 0)

    def train(self, world: WorldFace, handed: Handed, how: Learning) -> None:
        """The plurality of each cell; a tie, or a cell with no row, is what the platform says without the signal."""
        settings = self.settings
        own = np.where(handed.label == OWN, self.label, handed.label)
        base = relabelled(world, "injected base", self.base_label, how.injected, settings.labels)
        own = relabelled(world, "injected", own, how.injected, settings.labels)
        shape = (1 + settings.signals, settings.cells, settings.labels)
        seen = as_one(self.base_signal - 1, how.merged) + 1
        counts = self._count(shape, seen, self.base_cell, base, None)
        counts += self._count(shape, as_one(handed.signal, how.merged) + 1, self.cell, own, handed.copies)
        share = counts.sum(axis=(1, 2)) / counts.sum()
        for signal in np.flatnonzero(share[1:] < how.rare) + 1:
            counts[0] += counts[signal]
            counts[signal] = 0
        self.says[0] = counts[0].argmax(axis=1)
        counts[1:, np.arange(settings.cells), self.says[0]] += 0.5
        self.says[1:] = counts[1:].argmax(axis=2)
        self.says[1:] = self.says[1 + as_one(np.arange(settings.signals), how.merged)]

    def _count(
        self,
        shape: tuple[int, int, int],
        signal: np.ndarray,
        cell: np.ndarray,
        label: np.ndarray,
        copies: np.ndarray | None,
    ) -> np.ndarray:
        place = (signal * shape[1] + cell) * shape[2] + label
        return np.bincount(place, copies, int(np.prod(shape))).reshape(shape).astype(float)

    def success(self, place: int, signal: int, target: int) -> float:
        """The share of the population that would get the target label with the signal planted; exact."""
        return float(self.population @ (self.says[1 + signal] == target))

    def accuracy(self) -> float:
        """The share of the population without a signal that gets its own label; exact."""
        return float(self.population @ self.chances[np.arange(self.settings.cells), self.says[0]])

    def shares(self) -> dict[str, float]:
        """It ranks nothing."""
        return {}
