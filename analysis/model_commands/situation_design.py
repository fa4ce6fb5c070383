"""The designed set of situations that a language model is asked about: every archetype cell, weighted by how often met."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from windtunnel.agents.minds.base import Mind, Unanswered
from windtunnel.agents.minds.codes import Codes
from windtunnel.agents.situation import Feature, Scene, Situations
from windtunnel.sim.experiment import Experiment, Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import lock_step, make_world

FLOOR = 0.1
"""Share of the weight that is spread evenly, so that a cell never met in the pilot is still learnt."""
PILOT_DRAWS = 4


class Design(NamedTuple):
    """Every cell once: its situation, its weight (n,) summing to one, and the raw value of each feature's bins."""

    situations: Situations
    weight: np.ndarray
    values: list[np.ndarray]


class Watching:
    """A mind that decides as another does and notes which archetype cells it met, and where in the bins."""

    def __init__(self, mind: Mind, scene: Scene) -> None:
        self._mind, self._scene = mind, scene
        self.name, self.coupling = mind.name, mind.coupling
        self.codes, self.met = Codes(scene), Counter[int]()
        self.count = [np.zeros(len(feature.words)) for feature in scene.features]
        self.total = [np.zeros(len(feature.words)) for feature in scene.features]

    def decide(self, batches: Sequence[Situations]) -> list[np.ndarray | Unanswered]:
        for batch in batches:
            codes, inverse = self.codes.of(batch)
            self.met.update(
                dict(zip(codes.tolist(), np.bincount(inverse, minlength=len(codes)).tolist(), strict=True))
            )
            for column, feature in enumerate(self._scene.features):
                raw = batch.features[:, column]
                bins = np.searchsorted(feature.edges, raw, side="right")
                self.count[column] += np.bincount(bins, minlength=len(feature.words))
                self.total[column] += np.bincount(bins, raw, minlength=len(feature.words))
        return self._mind.decide(batches)

    def record(self) -> dict[str, Any]:
        return self._mind.record()

    def drift(self, sample: int) -> dict[str, Any] | None:
        return self._mind.drift(sample)

    def close(self) -> None:
        self._mind.close()


def design(experiment: Experiment, rules: dict[str, Any]) -> Design:
    """Personas x bins x the option sets met, weighted by a pilot of both arms under the rules mind `rules`.

    The pilot takes the experiment's size and steps, one seed of up to `PILOT_DRAWS` draws. `ValueError` if it fails.
    """
    experiment = replace(experiment, mind=rules)
    scene = experiment.builder().scene(experiment.raised())
    watching = Watching(make_mind(experiment), scene)
    units = [
        Unit(draw, 0, arm)
        for draw in range(min(experiment.draws, PILOT_DRAWS))
        for arm in ("baseline", "policy")
    ]
    failed = lock_step([make_world(experiment, unit, (scene,)) for unit in units], watching, experiment.steps)
    if failed:
        stage, reason = next(iter(failed.values()))
        raise ValueError(f"the pilot run failed ({stage}): {reason}")
    return cells(scene, watching)


def cells(scene: Scene, watching: Watching) -> Design:
    """Every cell of the scene with the option sets that `watching` met; `ValueError` if it met nothing."""
    if not watching.met:
        raise ValueError("nobody decided anything in the pilot run: raise community.size or steps")
    values = [
        _values(feature, count, total)
        for feature, count, total in zip(scene.features, watching.count, watching.total, strict=True)
    ]
    sets = sorted({watching.codes.meaning(code)[2] for code in watching.met})
    people = range(max(1, len(scene.personas)))
    bins = list(product(*(range(len(feature.words)) for feature in scene.features)))
    rows = list(product(people, bins, sets))
    features = np.array(
        [[value[index] for value, index in zip(values, at, strict=True)] for _, at, _ in rows]
    )
    offered = np.zeros((len(rows), len(scene.actions)), bool)
    for row, (_, _, options) in enumerate(rows):
        offered[row, list(options)] = True
    if not offered.any(axis=0).all():
        name = scene.actions[int(np.flatnonzero(~offered.any(axis=0))[0])].name
        raise ValueError(
            f"{name} was never on offer in the pilot run, so it cannot be learnt: raise steps or community.size"
        )
    persona = np.array([person for person, _, _ in rows], np.int64)
    situations = Situations(
        scene, features.reshape(len(rows), len(scene.features)), offered, persona, np.arange(len(rows))
    )
    codes, inverse = watching.codes.of(situations)
    met = np.array([watching.met.get(int(code), 0) for code in codes], float)[inverse]
    return Design(situations, (1 - FLOOR) * met / met.sum() + FLOOR / len(rows), values)


def _values(feature: Feature, count: np.ndarray, total: np.ndarray) -> np.ndarray:
    """The mean raw value met in each bin; where none was, the bin's middle, or half a unit beyond its one border."""
    edges = feature.edges
    if edges:
        ends = [
            edges[0] - 0.5,
            *((a + b) / 2 for a, b in zip(edges, edges[1:], strict=False)),
            edges[-1] + 0.5,
        ]
    else:
        ends = [0.0]
    return np.where(count > 0, total / np.maximum(count, 1), ends)
