"""A place that lives by rules of thumb, from its configuration."""

from windtunnel.agents.situation import Scene
from windtunnel.sim.communities.rules_of_thumb.norms import FOUNDATIONS, NormSettings, RulesOfThumb
from windtunnel.sim.community import Declared, Harm, Nouns
from windtunnel.sim.noise_key import NoiseKey
from windtunnel.sim.plain_builder import PlainBuilder


class Builder(PlainBuilder):
    """Makes it; personas differ in the weight that they give to each moral foundation."""

    name, features, notices = "rules_of_thumb", ("wrong", "pressure", "judgment", "told"), ("told",)
    Settings = NormSettings
    declared = Declared(
        traits=FOUNDATIONS,
        groups=("persona",),
        summaries={"violations": "rules broken"},
        measures={
            "wrong": "situations whose act breaks a rule",
            "violations": "such acts done",
            "wrong_seen": "such acts seen as wrong",
            "fine": "situations whose act breaks none",
            "fine_seen": "such acts seen as fine",
            "held_back": "such acts left undone",
            "broken": "share of acts that break a rule which are done",
        },
        harms=(Harm("violations", "rules that a person broke"),),
        nouns=Nouns(nothing="nothing told", member="person", members="people", step="day", place="a town"),
    )

    def make(self, scenes: tuple[Scene, ...], *, traits_key: int, luck: NoiseKey, steps: int) -> RulesOfThumb:
        members = self.members(scenes[0], traits_key, self.settings.size)
        return RulesOfThumb(scenes, members, self.declared, self.settings)
