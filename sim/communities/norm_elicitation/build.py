"""Norm elicitation from its configuration: who holds which norm, how wise each norm is, and how people see it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import ndtri

from windtunnel.agents.minds.rules import StrategyMind
from windtunnel.agents.situation import Persona, Scene, Situations
from windtunnel.sim import noise
from windtunnel.sim.communities.norm_elicitation.norm_elicitation import NormElicitation
from windtunnel.sim.communities.norm_elicitation.settings import ElicitationSettings
from windtunnel.sim.community import Declared, Harm, Nouns
from windtunnel.sim.noise_key import NoiseKey
from windtunnel.sim.plain_builder import PlainBuilder


class Builder(PlainBuilder):
    """Makes it."""

    name = "norm_elicitation"
    features = ("gap", "own_first", "own_second", "unsure_below")
    Settings = ElicitationSettings
    declared = Declared(
        amount="number of a norm",
        traits=("norm", "expert"),
        groups=("persona",),
        summaries={
            "represented": "1 where one's norm leads to the winner",
            "regret": "wisdom lost against one's own norm",
        },
        measures={
            "winner": "number of the norm that is ahead",
            "wisdom": "hidden wisdom of the norm that is ahead",
            "represented": "share of people whose norm leads to it in two steps",
            "expert_rank": "place of the experts' norm",
            "livable": "share of people who can live with it",
            "edges": "pairs of which the second is found wiser",
        },
        harms=(
            Harm("represented", "chance of being represented by the winner", "good"),
            Harm("regret", "wisdom lost against one's own norm"),
        ),
        absences=True,
        nouns=Nouns(nothing="a vote", member="person", members="people", step="round", place="an assembly"),
    )

    def rules(self, scene: Scene, table: Mapping[str, Any] | None = None) -> StrategyMind:
        """Find the second norm wiser where it looks so by more than one's doubt; not wiser where it looks less wise."""
        if table:
            raise ValueError("norm elicitation has no coefficients: people say what looks wiser to them")
        names = [feature.name for feature in scene.features]

        def judge(batch: Situations) -> np.ndarray:
            gap, doubt = (batch.features[:, names.index(name)] for name in ("gap", "unsure_below"))
            said = {"wiser": gap > doubt, "not_wiser": gap < -doubt, "unsure": np.abs(gap) <= doubt}
            return np.stack([np.where(said[one.name], 0.0, -np.inf) for one in scene.actions], axis=1)

        return StrategyMind(scene, judge)

    def traits(self, personas: Sequence[Persona], persona: np.ndarray) -> dict[str, np.ndarray]:
        """Experts hold the last norm; the others' norms are popular by Zipf's law."""
        ids, settings = np.arange(len(persona)), self.settings
        expert = noise.uniform(self._traits_key, "expert", 0, ids) < settings.experts
        cuts = np.cumsum(1 / (1 + np.arange(settings.norms - 1)))
        lay = np.searchsorted(cuts / cuts[-1], noise.uniform(self._traits_key, "norm", 0, ids), side="right")
        return {
            "norm": np.where(expert, settings.norms - 1, lay).astype(float),
            "expert": expert.astype(float),
        }

    def make(self, scenes: Any, *, traits_key: int, luck: NoiseKey, steps: int) -> NormElicitation:
        """People, norms and how wise each looks to each: drawn once for a draw."""
        self._traits_key = traits_key
        settings = self.settings
        members = self.members(scenes[0], traits_key, settings.size)
        norms = np.arange(settings.norms)
        wisdom = settings.wisdom * ndtri(noise.uniform(traits_key, "wisdom", 0, norms))
        wisdom[-1] = settings.lead
        spread = np.where(members.traits["expert"] > 0, settings.experts_noise, settings.noise)[:, None]
        errors = spread * ndtri(
            noise.uniform(traits_key, "seen", 0, noise.pair(*np.meshgrid(members.id, norms, indexing="ij")))
        )
        return NormElicitation(scenes, members, self.declared, settings, wisdom, errors)
