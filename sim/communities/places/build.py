"""Places from their configuration: authors with rates, homes and vocabularies."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import gammaln, ndtri

from windtunnel.agents.minds.rules import StrategyMind
from windtunnel.agents.situation import Persona, Scene, Situations
from windtunnel.sim import noise
from windtunnel.sim.communities.places.places import Places
from windtunnel.sim.communities.places.settings import PlacesSettings
from windtunnel.sim.communities.places.words import vocabularies
from windtunnel.sim.community import Declared, Harm, Nouns
from windtunnel.sim.noise_key import NoiseKey
from windtunnel.sim.plain_builder import PlainBuilder

QUANTILES = 1000
"""Authors that stand for a persona's law where base rates are asked for."""


class Builder(PlainBuilder):
    """Makes them."""

    name = "places"
    features = ("pace", "busy", "attached", "closing")
    notices = ("closing",)
    Settings = PlacesSettings
    declared = Declared(
        amount="messages",
        traits=("pace", "home", "second", "luck"),
        groups=("persona",),
        summaries={"wrote": "messages"},
        measures={
            "messages": "messages",
            "first_place": "messages in the first place",
            "elsewhere": "messages in the other places",
            "authors": "who have written so far",
            "mean_messages": "messages an author so far",
            "overlap": "share of authors who wrote in two places or more",
            "silenced": "who fell silent when their place was closed",
            "divergence": "bits, between the words of places",
            "unshared_divergence": "bits, without authors of several places",
            "place_told": "share beyond guessing of which the place is told by words",
            "author_told": "share beyond guessing of which the author is told by words",
            "top_common": "overlap of the words that tell places",
        },
        harms=(Harm("wrote", "messages that an author wrote", "good"),),
        absences=True,
        nouns=Nouns(nothing="no rule", member="author", members="authors", step="day", place="a site"),
    )

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config)
        if self.settings.own + self.settings.local > 1:
            raise ValueError(
                f"community.settings.own and .local are {self.settings.own:g} and {self.settings.local:g}: together at most 1"
            )

    def scenes(self, raised: Sequence[str] | set[str] = ()) -> tuple[Scene, ...]:
        """Authors are asked about moving only where a policy may close a place."""
        return tuple(
            scene for scene in super().scenes(raised) if scene.phase != "move" or "closing" in raised
        )

    def rules(self, scene: Scene, table: Mapping[str, Any] | None = None) -> StrategyMind:
        """Write a Poisson number at one's pace; move the likelier the more one wrote."""
        if table:
            raise ValueError("places have no coefficients: authors write at a pace of their own")
        names = [feature.name for feature in scene.features]
        counts = np.array([float(action.amount or 0) for action in scene.actions])

        def write(batch: Situations) -> np.ndarray:
            return _poisson(counts, batch.features[:, names.index("pace")])

        def move(batch: Situations) -> np.ndarray:
            go = np.clip(0.3 + 0.05 * batch.features[:, names.index("attached")], 0, 0.9)
            rows = {"move": np.log(go), "leave": np.log1p(-go)}
            return np.stack([rows[action.name] for action in scene.actions], axis=1)

        return StrategyMind(scene, move) if scene.phase == "move" else StrategyMind(scene, write, ("pace",))

    def alpha(self, scene: Scene) -> np.ndarray:
        """Of writing: how often an author of this mix writes each number of messages a step, each at its own pace."""
        if scene.phase == "move":
            return super().alpha(scene)
        counts = np.array([float(action.amount or 0) for action in scene.actions])
        lots = (np.arange(QUANTILES) + 0.5) / QUANTILES
        logs = [
            _poisson(counts, self._paces(one.name == "agent", lots)) + np.log(one.share)
            for one in self.personas
            if one.share > 0
        ]
        found = np.logaddexp.reduce(np.concatenate(logs), axis=0)
        return found - np.logaddexp.reduce(found)

    def traits(self, personas: Sequence[Persona], persona: np.ndarray) -> dict[str, np.ndarray]:
        """Rates by persona, homes alike, a second place that is another one."""
        ids, settings = np.arange(len(persona)), self.settings

        def lot(purpose: str) -> np.ndarray:
            return noise.uniform(self._traits_key, purpose, 0, ids)

        agent = np.array([one.name == "agent" for one in personas])[persona]
        home = np.floor(settings.places * lot("home"))
        apart = 1 + np.floor((settings.places - 1) * lot("second"))
        return {
            "pace": self._paces(agent, lot("rate")),
            "home": home,
            "second": (home + apart) % settings.places,
            "luck": lot("luck"),
        }

    def _paces(self, agent: np.ndarray | bool, lot: np.ndarray) -> np.ndarray:
        """Messages a step (n,) at these quantiles of the law of agents, or of people."""
        shape, scale = self.settings.agents
        mean, spread = self.settings.people
        lomax = scale * (lot ** (-1 / shape) - 1)
        normal = np.exp(mean + spread * ndtri(lot))
        return np.maximum(np.where(agent, lomax, normal) / self.settings.horizon, 1e-9)

    def make(self, scenes: Any, *, traits_key: int, luck: NoiseKey, steps: int) -> Places:
        """Places and authors, with vocabularies drawn once for a draw."""
        self._traits_key = traits_key
        settings = self.settings
        members = self.members(scenes[0], traits_key, settings.size)
        own = {
            name: vocabularies(traits_key, f"words of {name}", ids, settings.vocabulary, settings.distinct)
            for name, ids in (
                ("author", members.id),
                ("place", np.arange(settings.places)),
                ("common", np.zeros(1, np.int64)),
            )
        }
        chance = np.array([settings.crosses.get(one.name, 0.0) for one in scenes[0].personas])
        return Places(scenes, members, self.declared, settings, own, chance[members.persona], steps)


def _poisson(counts: np.ndarray, pace: np.ndarray) -> np.ndarray:
    """Log-probabilities (n, amounts) of these counts (amounts,) at each pace (n,), up to a constant a row."""
    return counts * np.log(pace[:, None]) - pace[:, None] - gammaln(counts + 1)
