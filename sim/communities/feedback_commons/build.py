"""A feedback commons from its configuration: people of groups of very different sizes, and how they decide by rules."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import gammaln, ndtri

from windtunnel.agents.minds.rules import StrategyMind
from windtunnel.agents.situation import Persona, Scene, Situations
from windtunnel.sim import noise
from windtunnel.sim.communities.feedback_commons.feedback_commons import FeedbackCommons
from windtunnel.sim.communities.feedback_commons.settings import FeedbackSettings
from windtunnel.sim.community import Declared, Harm, Nouns
from windtunnel.sim.noise_key import NoiseKey
from windtunnel.sim.plain_builder import PlainBuilder


class Builder(PlainBuilder):
    """Makes it."""

    name = "feedback_commons"
    features = ("pace", "served", "paid", "easy", "trust", "held", "retracting")
    notices = ("paid", "easy", "retracting")
    Settings = FeedbackSettings
    declared = Declared(
        amount="contributions",
        traits=("group", "motivation", "expert", "values", "luck"),
        groups=("persona", "language"),
        summaries={"given": "contributions", "exposed": "times that own data leaked, weighted"},
        measures={
            "contributions": "contributions",
            "quality": "mean over groups, 0 to 1",
            "least_quality": "of the worst served group, 0 to 1",
            "quality_gini": "Gini index of quality over groups",
            "coverage_gini": "Gini index over groups of feedback a person",
            "freshness": "feedback that has not gone stale",
            "from_experts": "share of contributions",
            "implicit": "feedback read from use",
            "retracted": "members who took feedback back",
            "residual": "of answers that feedback which was taken back still decides, 0 to 1",
            "leaked": "members whose data leaked",
            "openness": "of five axes",
            "trust": "1 at first",
        },
        harms=(
            Harm("given", "contributions of a person", "good"),
            Harm("exposed", "times that a member's data leaked"),
        ),
        absences=True,
        nouns=Nouns(nothing="no action", member="person", members="people", step="week"),
    )

    def scenes(self, raised: Sequence[str] | set[str] = ()) -> tuple[Scene, ...]:
        """Taking back is asked about only where a policy lets one."""
        return tuple(
            scene for scene in super().scenes(raised) if scene.phase != "retract" or "retracting" in raised
        )

    def rules(self, scene: Scene, table: Mapping[str, Any] | None = None) -> StrategyMind:
        """Give a Poisson number at one's pace; take back what one gave the likelier the less one trusts."""
        if table:
            raise ValueError("a feedback commons has no coefficients: people give at a pace of their own")
        names = [feature.name for feature in scene.features]
        counts = np.array([float(action.amount or 0) for action in scene.actions])

        def give(batch: Situations) -> np.ndarray:
            pace = batch.features[:, names.index("pace")][:, None]
            return counts * np.log(pace) - pace - gammaln(counts + 1)

        def retract(batch: Situations) -> np.ndarray:
            trust = batch.features[:, names.index("trust")]
            leave = np.clip(0.01 + 0.3 * np.maximum(0, 1 - trust), 0, 1)
            rows = {"retract": np.log(leave), "keep": np.log1p(-leave)}
            return np.stack([rows[action.name] for action in scene.actions], axis=1)

        return StrategyMind(scene, retract if scene.phase == "retract" else give)

    def traits(self, personas: Sequence[Persona], persona: np.ndarray) -> dict[str, np.ndarray]:
        """Groups by Zipf's law, motivation log-normal, experts drawn; motivation is scaled by the persona."""
        ids, settings = np.arange(len(persona)), self.settings

        def lot(purpose: str) -> np.ndarray:
            return noise.uniform(self._traits_key, purpose, 0, ids)

        cuts = np.cumsum(1 / (1 + np.arange(settings.groups)))
        mean, spread = settings.motivation
        scale = np.array([float(one.traits.get("motive", 1.0)) for one in personas])[persona]
        return {
            "group": np.searchsorted(cuts / cuts[-1], lot("group"), side="right").astype(float),
            "motivation": scale * np.exp(mean + spread * ndtri(lot("motivation"))),
            "expert": (lot("expert") < settings.experts).astype(float),
            "values": lot("values"),
            "luck": lot("waiting"),
        }

    def make(self, scenes: Any, *, traits_key: int, luck: NoiseKey, steps: int) -> FeedbackCommons:
        """A commons of people, some of whom wait outside."""
        self._traits_key = traits_key
        members = self.members(scenes[0], traits_key, self.settings.size)
        names = np.array([f"language {group + 1}" for group in range(self.settings.groups)], dtype=object)
        members.groups["language"] = names[members.traits["group"].astype(int)]
        return FeedbackCommons(scenes, members, self.declared, self.settings)
