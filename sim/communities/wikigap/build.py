"""A knowledge gap from its configuration."""

from windtunnel.agents.situation import Scene
from windtunnel.sim.communities.wikigap.gap import Gap, GapSettings
from windtunnel.sim.community import Declared, Harm, Nouns
from windtunnel.sim.noise_key import NoiseKey
from windtunnel.sim.plain_builder import PlainBuilder


class Builder(PlainBuilder):
    """Makes knowledge gaps."""

    name, features, notices = "wikigap", ("known", "surfaced"), ("surfaced",)
    Settings = GapSettings
    declared = Declared(
        groups=("persona",),
        summaries={"right": "right answers"},
        measures={
            "right": "share of answers",
            "covered": "share of questions whose fact was before the reader",
            "aware": "answers without the fact that were in doubt",
            "blind": "answers without the fact",
        },
        harms=(Harm("right", "right answers of a reader", "good"),),
        nouns=Nouns(
            nothing="no rule", member="reader", members="readers", step="question", place="an encyclopedia"
        ),
    )

    def make(self, scenes: tuple[Scene, ...], *, traits_key: int, luck: NoiseKey, steps: int) -> Gap:
        members = self.members(scenes[0], traits_key, self.settings.size)
        return Gap(scenes, members, self.declared, self.settings)
