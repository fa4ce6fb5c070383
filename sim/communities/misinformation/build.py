"""Misinformation from its configuration: its members with leans and first beliefs, and who follows whom."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import ndtri

from windtunnel.agents.situation import Persona
from windtunnel.sim import noise
from windtunnel.sim.communities.misinformation.misinformation import Misinformation
from windtunnel.sim.communities.misinformation.settings import MisinformationSettings
from windtunnel.sim.community import Declared, Harm, Nouns
from windtunnel.sim.network import follows
from windtunnel.sim.noise_key import NoiseKey
from windtunnel.sim.plain_builder import PlainBuilder


class Builder(PlainBuilder):
    """Makes it."""

    name = "misinformation"
    features = ("agrees", "odd", "labelled", "answered", "malice", "tension", "fined")
    notices = ("labelled", "fined")
    Settings = MisinformationSettings
    declared = Declared(
        traits=("lean", "credence", "malice"),
        groups=("persona",),
        summaries={
            "saw_false": "times that a member noticed a false message",
            "silenced": "own true messages that were stopped",
            "believed": "belief in the false claim at the end, 0 to 1",
        },
        measures={
            "false_seen": "false messages noticed a member",
            "false_made": "false messages written",
            "false_shared": "false messages passed on",
            "true_made": "true messages written",
            "true_stopped": "true messages stopped",
            "scored": "words of comments",
            "negative": "negative words of comments",
            "belief": "mean belief in the false claim, 0 to 1",
            "believers": "share of members who believe it more than half",
            "disagreement": "mean distance of attitudes of who follow each other",
            "tension": "standard deviations",
        },
        harms=(
            Harm("saw_false", "false messages that a member noticed"),
            Harm("silenced", "true messages of a member that were stopped"),
            Harm("believed", "belief in the false claim at the end"),
        ),
        absences=True,
        nouns=Nouns(nothing="no rule", member="member", members="members", step="day", place="a network"),
    )

    def traits(self, personas: Sequence[Persona], persona: np.ndarray) -> dict[str, np.ndarray]:
        """Leans vary within a persona by its `spread`, between -1 and 1."""
        drawn = super().traits(personas, persona)
        spread = np.array([float(one.traits.get("spread", 0.0)) for one in personas])[persona]
        errors = ndtri(noise.uniform(self._traits_key, "lean", 0, np.arange(len(persona))))
        drawn["lean"] = np.clip(drawn["lean"] + spread * errors, -1, 1)
        return drawn

    def make(self, scenes: Any, *, traits_key: int, luck: NoiseKey, steps: int) -> Misinformation:
        """One place; the network is drawn with the members, so that all arms and seeds of a draw have it."""
        self._traits_key = traits_key
        members = self.members(scenes[0], traits_key, self.settings.size)
        edges = self._edges(noise.key("follows", traits_key), members.id)
        return Misinformation(scenes, members, self.declared, self.settings, edges)

    def _edges(self, key: int, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows of readers and of those whom they follow: preferential attachment, and some are followed back."""
        followed = follows(key, len(ids), self.settings.follows)
        reader, place = np.nonzero(followed >= 0)
        source = followed[reader, place].astype(np.int64)
        back = (
            noise.uniform(key, "follow back", 0, noise.pair(ids[source], ids[reader])) < self.settings.mutual
        )
        return np.concatenate([reader, source[back]]), np.concatenate([source, reader[back]])
