"""Companion chat from its configuration: users and their companions, and how both decide by rules."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import ndtri

from windtunnel.agents.minds.rules import StrategyMind
from windtunnel.agents.situation import Persona, Scene, Situations
from windtunnel.sim import noise
from windtunnel.sim.communities.companion_chat.chat import ChatSettings, CompanionChat
from windtunnel.sim.communities.companion_chat.levels import LEVELS, POSITION, REPLIES
from windtunnel.sim.communities.companion_chat.score import text_score
from windtunnel.sim.community import Declared, Harm, Nouns
from windtunnel.sim.members import Members
from windtunnel.sim.noise_key import NoiseKey
from windtunnel.sim.plain_builder import PlainBuilder

COMPANION = 10**9
"""Added to a user's id: the id of its companion."""


class Builder(PlainBuilder):
    """Makes companion chats."""

    name = "companion_chat"
    features = ("conviction", "replied", "theme", "heard", "sycophancy")
    Settings = ChatSettings
    declared = Declared(
        amount="per cent: the DelusionScore of what is said, or how far a reply affirms",
        traits=("susceptibility", "conviction", "reversion", "theme"),
        groups=("persona", "occupied_with"),
        summaries={"above": "turns with a DelusionScore of .7 or more", "conviction_end": "share"},
        measures={
            "score": "mean DelusionScore of what is said",
            "high": "users with a DelusionScore of .7 or more",
            "talking": "users",
            "affirmed": "share of replies",
            "grounded": "share of replies",
        },
        harms=(
            Harm("above", "turns with a high DelusionScore", better="fewer turns with a high DelusionScore"),
        ),
        nouns=Nouns(nothing="no rule", member="user", members="users", step="turn"),
        absences=True,
    )

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config)
        names = {"say": LEVELS, "reply": REPLIES}
        for phase, words in self.phases.items():
            if phase not in names or tuple(words.actions) != names[phase]:
                raise ValueError(
                    f"community.phases: companion_chat has the phases say ({', '.join(LEVELS)}) and reply "
                    f"({', '.join(REPLIES)}), with these actions in this order"
                )
        if "companion" not in {persona.name for persona in self.personas}:
            raise ValueError("community.personas needs one called companion, with a share of 0")
        if not self.settings.themes:
            raise ValueError("community.settings.themes is empty: name one at least, with a multiplier")
        self.texts = text_score(tuple(self.settings.themes)) if self.settings.score == "text" else None

    def rules(self, scene: Scene, table: Mapping[str, Any] | None = None) -> StrategyMind:
        """A user says one of the two levels beside its conviction; a companion affirms with `sycophancy` times what it heard."""
        if table:
            raise ValueError(
                "companion_chat has no coefficients: its numbers are community.settings and those of personas"
            )
        names = [feature.name for feature in scene.features]

        def say(batch: Situations) -> np.ndarray:
            conviction = batch.features[:, names.index("conviction")]
            far = np.abs(np.clip(conviction, POSITION[0], POSITION[-1])[:, None] - POSITION)
            with np.errstate(divide="ignore"):
                return np.log(np.maximum(0.0, 1 - far / (POSITION[1] - POSITION[0])))

        def reply(batch: Situations) -> np.ndarray:
            heard, k = (batch.features[:, names.index(name)] for name in ("heard", "sycophancy"))
            affirms = np.clip(k * heard, 0, 1)
            with np.errstate(divide="ignore"):
                return np.log(np.stack([affirms, 1 - affirms, np.zeros(len(affirms))], axis=1))

        return StrategyMind(scene, reply if scene.phase == "reply" else say)

    def traits(self, personas: Sequence[Persona], persona: np.ndarray) -> dict[str, np.ndarray]:
        """Susceptibility and first conviction vary within a persona by their spreads; themes are drawn alike often."""
        drawn, users = super().traits(personas, persona), np.arange(len(persona))
        for name, most in (("susceptibility", np.inf), ("conviction", 1.0)):
            spread = np.array([float(one.traits.get(f"{name}_spread", 0.0)) for one in personas])[persona]
            errors = ndtri(noise.uniform(self._traits_key, name, 0, users))
            drawn[name] = np.clip(drawn[name] + spread * errors, 0, most)
        weights = np.array(list(self.settings.themes.values()))
        theme = (noise.uniform(self._traits_key, "theme", 0, users) * len(weights)).astype(int)
        drawn["susceptibility"] = drawn["susceptibility"] * weights[theme]
        drawn["theme"] = theme.astype(float)
        return drawn

    def make(
        self, scenes: tuple[Scene, ...], *, traits_key: int, luck: NoiseKey, steps: int
    ) -> CompanionChat:
        """Users, then as many companions."""
        self._traits_key = traits_key
        users = self.members(scenes[0], traits_key, self.settings.size)
        return CompanionChat(scenes, self._with_companions(users), self.declared, self.settings, self.texts)

    def _with_companions(self, users: Members) -> Members:
        count = len(users)
        companion = [persona.name for persona in self.personas].index("companion")

        def both(column: np.ndarray, other: np.ndarray) -> np.ndarray:
            return np.concatenate([column, other.astype(column.dtype)])

        nothing = np.zeros(count)
        themes = np.array(list(self.settings.themes))[users.traits["theme"].astype(int)]
        return Members(
            id=both(users.id, users.id + COMPANION),
            joined=both(users.joined, users.joined),
            rate=both(users.rate, users.rate),
            persona=both(users.persona, np.full(count, companion)),
            traits={name: both(column, nothing) for name, column in users.traits.items()},
            groups={"occupied_with": np.concatenate([themes, np.full(count, "companion")])},
            summaries={name: both(column, nothing) for name, column in users.summaries.items()},
        )
