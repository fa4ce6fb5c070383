"""A donor game from its configuration: its members of all generations, and how they decide by rules."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import ndtri

from windtunnel.agents.minds.rules import StrategyMind
from windtunnel.agents.situation import Persona, Scene, Situations
from windtunnel.sim import noise
from windtunnel.sim.communities.donor_game.game import DonorGame, DonorSettings
from windtunnel.sim.community import Declared, Harm, Nouns
from windtunnel.sim.noise_key import NoiseKey
from windtunnel.sim.plain_builder import PlainBuilder

FEW = 30.0
"""Two who both gave less than this, in per cent, may have punished each other rightly: it is forgiven where it is seen."""


class Builder(PlainBuilder):
    """Makes donor games."""

    name = "donor_game"
    features = (
        "gave",
        "partner_gave",
        "partners_partner_gave",
        "has",
        "theirs",
        "base",
        "depth",
        "punishing",
    )
    notices = ("punishing",)
    Settings = DonorSettings
    declared = Declared(
        amount="per cent of the donor's resources",
        traits=("generosity", "reciprocity", "strictness", "spite"),
        groups=("persona",),
        summaries={
            "earned": "points",
            "given": "per cent of one's resources, mean",
            "generous": "per cent one gives to who is in good standing",
            "punished": "times",
        },
        measures={
            "remaining": "points a member",
            "given": "share of a donor's resources",
            "generation": "number",
        },
        harms=(
            Harm("earned", "points that a member ended with", "good"),
            Harm("punished", "times that a member was punished"),
        ),
        nouns=Nouns(nothing="no change of rules", step="round"),
    )

    def scenes(self, raised: Sequence[str] | set[str] = ()) -> tuple[Scene, ...]:
        """Donors decide whether to punish only where a policy lets them."""
        return tuple(
            scene for scene in super().scenes(raised) if scene.phase != "punish" or "punishing" in raised
        )

    def rules(self, scene: Scene, table: Mapping[str, Any] | None = None) -> StrategyMind:
        """Give `base` to who gave at least `strictness` times that, else less by `reciprocity`; punish by `spite`."""
        if table:
            raise ValueError(
                "a donor game has no coefficients: its members' strategies are personas, with numbers of their own"
            )
        names = [feature.name for feature in scene.features]
        traits = {
            key: np.array([float(persona.traits.get(key, 0.0)) for persona in scene.personas])
            for key in ("reciprocity", "strictness", "spite")
        }

        def standing(batch: Situations) -> np.ndarray:
            """What the recipient is held to have given, in per cent: half where it is not known, or was forgiven."""
            gave, partner = (batch.features[:, names.index(name)] for name in ("gave", "partner_gave"))
            forgiven = (gave >= 0) & (gave < FEW) & (partner >= 0) & (partner < FEW)
            return np.where((gave < 0) | forgiven, 50.0, gave)

        def give(batch: Situations) -> np.ndarray:
            base = batch.features[:, names.index("base")]
            good = standing(batch) >= traits["strictness"][batch.persona] * base
            wanted = np.where(good, base, base * (1 - traits["reciprocity"][batch.persona]))
            odds = np.full(batch.options.shape, -np.inf)
            odds[np.arange(len(wanted)), np.rint(wanted).astype(int)] = 0.0
            return odds

        def punish(batch: Situations) -> np.ndarray:
            base = batch.features[:, names.index("base")]
            bad = standing(batch) < traits["strictness"][batch.persona] * base
            chance = np.where(bad, traits["spite"][batch.persona], 0.0)
            with np.errstate(divide="ignore"):
                rows = {"donate": np.log(1 - chance), "punish": np.log(chance)}
            return np.stack([rows[action.name] for action in scene.actions], axis=1)

        return StrategyMind(scene, punish if scene.phase == "punish" else give)

    def traits(self, personas: Sequence[Persona], persona: np.ndarray) -> dict[str, np.ndarray]:
        """Generosity varies within a persona by its `spread`, between 0 and 1."""
        drawn = super().traits(personas, persona)
        spread = np.array([float(one.traits.get("spread", 0.0)) for one in personas])[persona]
        errors = ndtri(noise.uniform(self._traits_key, "generosity", 0, np.arange(len(persona))))
        drawn["generosity"] = np.clip(drawn["generosity"] + spread * errors, 0, 1)
        return drawn

    def make(self, scenes: tuple[Scene, ...], *, traits_key: int, luck: NoiseKey, steps: int) -> DonorGame:
        """A game with the members of all its generations: rows of later ones join when theirs begins.

        There are rows for as many newcomers as any policy can ask for: a whole generation each time.
        """
        self._traits_key = traits_key
        settings = self.settings
        later = max(0, min(settings.generations, -(-steps // settings.span)) - 1)
        members = self.members(scenes[0], traits_key, settings.size * (1 + later))
        return DonorGame(scenes, members, self.declared, settings)
