"""Language models refuse more of what attackers ask of them."""

from typing import ClassVar

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.misinformation.misinformation_policy import MisinformationPolicy


class ModelGuardrail(MisinformationPolicy):
    """A language model refuses a part of what attackers had got out of it."""

    name = "model_guardrail"
    acts_in_log: ClassVar[bool] = False

    blocks: Share = 0.8
    """Part of the successful attempts that now fail; 0: off."""

    def before_step(self, world: WorldFace) -> None:
        world.community.success *= 1 - self.blocks
