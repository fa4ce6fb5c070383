"""A shared tool that applies what was agreed: fewer mistakes, more effort."""

from typing import Annotated

from pydantic import Field

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.collective_action.action_policy import ActionPolicy


class CoordinationTool(ActionPolicy):
    """Members misapply what was agreed less often, and have to learn to use the tool, which keeps some away."""

    name = "coordination_tool"

    effect: Share = 0.75
    """Share of mistakes that it prevents; 0: none."""
    effort: Annotated[float, Field(ge=0, le=100)] = 0.5
    """What it costs to take part with it, in the unit of the feature `effort`."""

    def before_step(self, world: WorldFace) -> None:
        world.community.noise *= 1 - self.effect
        world.community.effort += self.effort
