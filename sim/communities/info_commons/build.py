"""An information commons from its configuration: builders first, then producers with an output, a cost and a topic."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import ndtri

from windtunnel.agents.minds.rules import StrategyMind
from windtunnel.agents.situation import Persona, Scene
from windtunnel.sim import noise
from windtunnel.sim.communities.info_commons.info_commons import InfoCommons
from windtunnel.sim.communities.info_commons.settings import InfoSettings
from windtunnel.sim.communities.info_commons.strategy import strategy
from windtunnel.sim.community import Declared, Harm, Nouns
from windtunnel.sim.noise_key import NoiseKey
from windtunnel.sim.plain_builder import PlainBuilder

NEEDS = {"consent": "closing", "crawl": "closing", "offer": "bargaining", "answer": "bargaining"}
"""Phases that there are only where some policy raises the feature named."""


class Builder(PlainBuilder):
    """Makes it."""

    name = "info_commons"
    features = (
        *("income", "cost", "others", "producing", "closing", "enforced", "bargaining"),
        *("offered", "for_coalition", "patience", "builders_patience"),
    )
    notices = ("closing", "bargaining")
    Settings = InfoSettings
    declared = Declared(
        amount="per cent of what the coalition's output is worth to builders",
        traits=("output", "cost", "topic", "openness", "luck"),
        groups=("persona",),
        summaries={"earned": "points"},
        measures={
            "active": "producers at work",
            "output": "units",
            "knowledge": "units",
            "quality": "of answers, 0 to 1",
            "readers": "readers of producers",
            "paid": "points that builders paid to producers",
            "concentration": "Herfindahl index of the builders",
            "diversity": "bits, of topics",
            "fallen": "1 while output is below half of what it was at first",
            "documented": "share of builders who document what they used",
            "residual": "of answers that those who asked to be forgotten still decide, 0 to 1",
            "retrained": "1 in a month in which builders train anew without somebody",
        },
        harms=(Harm("earned", "points that a member earned", "good"),),
        absences=True,
        nouns=Nouns(
            nothing="no rule",
            member="member",
            members="members",
            step="month",
            place="an information commons",
        ),
    )

    def scenes(self, raised: Sequence[str] | set[str] = ()) -> tuple[Scene, ...]:
        """Producing, and what the policies of the experiment need besides."""
        return tuple(scene for scene in super().scenes(raised) if NEEDS.get(scene.phase, "") in {"", *raised})

    def rules(self, scene: Scene, table: Mapping[str, Any] | None = None) -> StrategyMind:
        """Strategies of producers and builders."""
        if table:
            raise ValueError("an information commons has no coefficients: its members follow strategies")
        return StrategyMind(scene, strategy(scene, self.settings))

    def traits(self, personas: Sequence[Persona], persona: np.ndarray) -> dict[str, np.ndarray]:
        """Outputs are log-normal, costs uniform, topics alike."""
        ids, settings = np.arange(len(persona)), self.settings
        least, most = settings.costs

        def lot(purpose: str) -> np.ndarray:
            return noise.uniform(self._traits_key, purpose, 0, ids)

        return {
            "output": np.exp(settings.spread * ndtri(lot("output"))),
            "cost": least + (most - least) * lot("cost"),
            "topic": np.floor(settings.topics * lot("topic")),
            "openness": lot("openness"),
            "luck": lot("coalition"),
        }

    def make(self, scenes: Any, *, traits_key: int, luck: NoiseKey, steps: int) -> InfoCommons:
        """A commons whose first members are the builders, every second of them bold."""
        self._traits_key = traits_key
        members = self.members(scenes[0], traits_key, self.settings.size)
        names = [persona.name for persona in scenes[0].personas]
        for row in range(min(len(self.settings.muscle), len(members))):
            members.persona[row] = names.index("bold_builder" if row % 2 else "careful_builder")
        return InfoCommons(scenes, members, self.declared, self.settings)
