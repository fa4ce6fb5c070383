"""Collective action from its configuration: the members of each collective, and the platform that they face."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from windtunnel.agents.situation import Scene
from windtunnel.sim.communities.collective_action.cells import Cells
from windtunnel.sim.communities.collective_action.collective import CollectiveAction
from windtunnel.sim.communities.collective_action.recommender import Recommender
from windtunnel.sim.communities.collective_action.settings import ActionSettings
from windtunnel.sim.communities.collective_action.tokens import Tokens
from windtunnel.sim.community import Declared, Harm, Nouns
from windtunnel.sim.noise_key import NoiseKey
from windtunnel.sim.plain_builder import PlainBuilder

SHARES = {
    "pull": "mean share of the most that users could have",
    "push": "mean share of the most that the advocate could have",
}
"""What is counted beside where the platform ranks what it shows."""
PLATFORMS: dict[str, Any] = {"cells": Cells, "tokens": Tokens, "recommender": Recommender}


class Builder(PlainBuilder):
    """Makes collectives with a platform; members by id, first those of the first collective."""

    name = "collective_action"
    features = ("zeal", "success", "company", "effort", "before")
    Settings = ActionSettings
    declared = Declared(
        traits=("zeal", "accounts"),
        groups=("persona", "collective"),
        summaries={"rounds": "rounds in which it took part"},
        measures={
            "success_first": "success of the first collective",
            "success_second": "success of the second collective; 0 where there is none",
            "success_mean": "mean success of all collectives",
            "success_worst": "success of the least successful collective",
            "taking_part": "members",
            "misapplied": "share of who took part",
            "accuracy": "share of the platform's answers to others that are right",
        },
        harms=(Harm("rounds", "rounds in which a member took part", "good"),),
        absences=True,
        nouns=Nouns(nothing="no rule", step="round", place="a platform"),
    )

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config)
        if self.settings.platform == "recommender":
            self.declared = replace(self.declared, measures={**self.declared.measures, **SHARES})

    def make(
        self, scenes: tuple[Scene, ...], *, traits_key: int, luck: NoiseKey, steps: int
    ) -> CollectiveAction:
        """Members are in the collectives in their order; those that are left over are in none."""
        settings: ActionSettings = self.settings
        names = [*settings.acting, "none"]
        sizes = [one.members for one in settings.acting.values()]
        rest = settings.size - sum(sizes)
        place = np.repeat([*range(len(sizes)), -1], [*sizes, rest])
        members = self.members(
            scenes[0], traits_key, settings.size, groups={"collective": np.array(names)[place]}
        )
        members.traits["accounts"] = np.maximum(members.traits["accounts"], 1.0)
        platform = PLATFORMS[settings.platform](settings, traits_key, members.id, place)
        return CollectiveAction(scenes, members, self.declared, settings, place, platform)
