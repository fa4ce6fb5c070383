"""A negotiation from its configuration: groups with a persona each, and a problem drawn for them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from windtunnel.agents.minds.rules import StrategyMind
from windtunnel.agents.situation import Scene, Situations
from windtunnel.sim import noise
from windtunnel.sim.communities.negotiation.negotiation import TINY, Negotiation
from windtunnel.sim.communities.negotiation.problem import NegotiationSettings, drawn
from windtunnel.sim.community import Declared, Harm, Nouns
from windtunnel.sim.noise_key import NoiseKey
from windtunnel.sim.plain_builder import PlainBuilder


class Builder(PlainBuilder):
    """Makes it."""

    name = "negotiation"
    features = ("favourite", "gain", "margin", "utility", "voting", "deciding")
    notices = ("deciding", "voting")
    Settings = NegotiationSettings
    declared = Declared(
        amount="number of a measure",
        groups=("persona",),
        summaries={"utility": "on a scale of 1 to 5", "gained": "against the base design"},
        measures={
            "total": "utility of all groups",
            "worst": "utility of the worst off group",
            "spent": "of the budget",
            "short_of_total": "utility below the greatest possible total",
            "short_of_worst": "utility below the best possible worst",
            "short_of_nash": "Nash product below the greatest possible",
            "below_base": "groups below the base design",
            "belief_gap": "variance of errors about effects",
            "value_gap": "variance of effects between groups",
        },
        harms=(Harm("gained", "utility that a group gained", "good"),),
        absences=True,
        nouns=Nouns(nothing="the base design", member="group", members="groups", step="round"),
    )

    def scenes(self, raised: Sequence[str] | set[str] = ()) -> tuple[Scene, ...]:
        """Groups are asked for consent only where a policy lets them decide."""
        return tuple(
            scene for scene in super().scenes(raised) if scene.phase != "consent" or "deciding" in raised
        )

    def rules(self, scene: Scene, table: Mapping[str, Any] | None = None) -> StrategyMind:
        """Propose one's favourite; accept what leaves one no worse than the base design, in a vote what one gains by."""
        if table:
            raise ValueError("a negotiation has no coefficients: groups propose what they gain most by")
        names = [feature.name for feature in scene.features]

        def propose(batch: Situations) -> np.ndarray:
            amounts = np.array([-1.0 if action.amount is None else action.amount for action in scene.actions])
            return np.where(amounts == batch.features[:, names.index("favourite")][:, None], 0.0, -np.inf)

        def consent(batch: Situations) -> np.ndarray:
            gain, margin, voting = (
                batch.features[:, names.index(name)] for name in ("gain", "margin", "voting")
            )
            accepts = np.where(voting > 0, gain > TINY, margin >= -TINY)
            rows = {"accept": np.where(accepts, 0.0, -np.inf), "refuse": np.where(accepts, -np.inf, 0.0)}
            return np.stack([rows[action.name] for action in scene.actions], axis=1)

        return StrategyMind(scene, consent if scene.phase == "consent" else propose)

    def make(self, scenes: Any, *, traits_key: int, luck: NoiseKey, steps: int) -> Negotiation:
        """Groups take the personas in turn; what measures are worth to them is drawn."""
        members = self.members(scenes[0], traits_key, self.settings.size)
        members.persona[:] = np.arange(len(members)) % len(scenes[0].personas)
        problem = drawn(noise.key("problem", traits_key), self.settings, members.id)
        return Negotiation(scenes, members, self.declared, self.settings, problem)
