"""Fewer of the authors may be programs."""

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.places.places_policy import PlacesPolicy


class AgentLimit(PlacesPolicy):
    """Of the programs that would write only a part is let in."""

    name = "agent_limit"

    part: Share = 0.2
    """Part of them that may write; 1: off."""

    def before_step(self, world: WorldFace) -> None:
        place = world.community
        names = [persona.name for persona in place.scene.personas]
        agent = place.members.persona == names.index("agent") if "agent" in names else place.let & False
        place.let &= ~agent | (place.members.traits["luck"] < self.part)
