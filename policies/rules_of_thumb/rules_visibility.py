"""People are told what is usual: where they are, which value is at stake, or the rule itself."""

from typing import ClassVar, Literal

from windtunnel.policies.base import Policy, WorldFace

RIGHT = {"none": 0.50, "country": 0.55, "value": 0.60, "rule": 0.80}
"""Share of acts that are seen as what they are: the shape is that of NormAd (below .6 with country and value, .82 at best with the rule)."""


class RulesVisibility(Policy):
    """The more is told, the more often people see rightly whether an act breaks a rule."""

    name = "rules_visibility"
    fits: ClassVar[tuple[str, ...]] = ("rules_of_thumb",)
    raises = ("told",)
    forces = ("normative_agreement",)
    acts_in_log: ClassVar[bool] = False

    level: Literal["none", "country", "value", "rule"] = "rule"
    """What is told; none: off."""

    def raised(self) -> tuple[str, ...]:
        return self.raises if self.level != "none" else ()

    def before_step(self, world: WorldFace) -> None:
        place = world.community
        if self.level != "none":
            place.sees = max(place.sees, RIGHT[self.level])
