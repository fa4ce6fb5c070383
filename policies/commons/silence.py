"""Members may not talk."""

from windtunnel.policies.base import WorldFace
from windtunnel.policies.commons.commons_policy import CommonsPolicy


class Silence(CommonsPolicy):
    """Nobody says beforehand what it will take."""

    name = "silence"

    def before_step(self, world: WorldFace) -> None:
        world.community.talks = False
