"""A collective does not act: what `why` asks about another's failure."""

from windtunnel.policies.base import WorldFace
from windtunnel.policies.collective_action.action_policy import ActionPolicy


class Disband(ActionPolicy):
    """Nobody of this collective takes part."""

    name = "disband"

    collective: str = "B"
    """Its name in `community.settings.collectives`."""

    def before_step(self, world: WorldFace) -> None:
        place = world.community
        if self.collective not in place.names:
            raise ValueError(
                f"disband.collective is {self.collective!r}: this community has {', '.join(place.names)}"
            )
        place.disbanded[place.names.index(self.collective)] = True
