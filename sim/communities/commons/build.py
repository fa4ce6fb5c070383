"""A commons from its configuration: the words of its skin, its members, and the phases that it needs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import ndtri

from windtunnel.agents.minds.rules import StrategyMind
from windtunnel.agents.situation import Persona, Scene
from windtunnel.sim import noise
from windtunnel.sim.communities.commons.commons import Commons
from windtunnel.sim.communities.commons.settings import CommonsSettings
from windtunnel.sim.communities.commons.strategy import strategy
from windtunnel.sim.community import Declared, Harm, Nouns
from windtunnel.sim.noise_key import NoiseKey
from windtunnel.sim.plain_builder import PlainBuilder

NEEDS = {"vote": "voting", "announce": "leading", "lead": "leading", "fine": "fining"}
"""Phases that there are only where some policy raises the feature named."""


class Builder(PlainBuilder):
    """Makes commons."""

    name = "commons"
    features = (
        *("stock", "share", "fair", "equal", "most", "others", "norm", "heeded", "watched", "fear", "greed"),
        *("punish", "took", "left", "voting", "leading", "fining", "urged"),
    )
    notices = ("voting", "leading", "fining", "urged", "watched", "fear")
    Settings = CommonsSettings
    declared = Declared(
        amount="units, or per cent of an equal share",
        traits=("greed", "punish", "antisocial"),
        groups=("persona",),
        summaries={"harvested": "units", "earned": "points", "fined": "times"},
        measures={
            "stock": "units before the takings",
            "taken": "units",
            "left_each": "units left a member, before they grow",
            "remaining": "units, once grown",
            "alive": "1 while there is a stock",
            "over": "share of members who took more than fair",
            "fair": "amount that each may take so that the stock stays as large",
            "fines": "points paid and lost",
            "best": "units that can be taken for ever",
        },
        harms=(
            Harm("earned", "points that a member earned", "good"),
            Harm("fined", "times that a member was fined"),
        ),
        absences=True,
        nouns=Nouns(nothing="no rule", member="member", members="members", step="round"),
    )

    def __init__(self, config: Mapping[str, Any]) -> None:
        skins = dict(config.get("skins") or {})
        skin = str((config.get("settings") or {}).get("skin", ""))
        if skin not in skins:
            raise ValueError(
                f"community.settings.skin is {skin!r}: choose from {', '.join(skins) or 'none: skins is empty'}"
            )
        super().__init__(_worded(config, skins[skin]))
        names = [one.name for one in self.personas]
        if (named := self.settings.waiting_as) not in (None, *names):
            raise ValueError(
                f"community.settings.waiting_as is {named!r}: choose a persona, {', '.join(names)}, or null"
            )

    def scenes(self, raised: Sequence[str] | set[str] = ()) -> tuple[Scene, ...]:
        """The phases that this commons and the policies of the experiment need, in order."""
        talks = self.settings.talk
        return tuple(
            scene
            for scene in super().scenes(raised)
            if NEEDS.get(scene.phase, "") in {"", *raised} and (scene.phase != "talk" or talks)
        )

    def rules(self, scene: Scene, table: Mapping[str, Any] | None = None) -> StrategyMind:
        """Strategies by persona; a commons has no coefficients of its own."""
        if table:
            raise ValueError(
                "a commons has no coefficients: its members' strategies are personas, with numbers of their own"
            )
        return StrategyMind(scene, strategy(scene, self.settings))

    def traits(self, personas: Sequence[Persona], persona: np.ndarray) -> dict[str, np.ndarray]:
        """Greed and readiness to punish vary within a persona by its `spread`, between 0 and 1."""
        drawn = super().traits(personas, persona)
        spread = np.array([float(one.traits.get("spread", 0.0)) for one in personas])[persona]
        for name in ("greed", "punish"):
            errors = ndtri(noise.uniform(self._traits_key, name, 0, np.arange(len(persona))))
            drawn[name] = np.clip(drawn[name] + spread * errors, 0, 1)
        return drawn

    def make(self, scenes: tuple[Scene, ...], *, traits_key: int, luck: NoiseKey, steps: int) -> Commons:
        """A commons with its members; those who wait outside are the last rows."""
        self._traits_key = traits_key
        members = self.members(scenes[0], traits_key, self.settings.size)
        named = self.settings.waiting_as
        if named is not None and self.settings.waiting:
            members.persona[-self.settings.waiting :] = [one.name for one in self.personas].index(named)
            members.traits.update(self.traits(self.personas, members.persona))
        return Commons(scenes, members, self.declared, self.settings)


def _worded(config: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    """The configuration with the skin's words in place of `{{word}}` in every text."""

    def put(part: Any) -> Any:
        if isinstance(part, str):
            if "{{" not in part:
                return part
            for name, word in words.items():
                part = part.replace("{{" + name + "}}", word)
            return part
        if isinstance(part, Mapping):
            return {key: put(value) for key, value in part.items()}
        return [put(value) for value in part] if isinstance(part, list) else part

    return {key: put(value) for key, value in config.items() if key != "skins"}
