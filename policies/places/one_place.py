"""One place for each author."""

from windtunnel.policies.base import WorldFace
from windtunnel.policies.places.places_policy import PlacesPolicy


class OnePlace(PlacesPolicy):
    """Everybody writes at home alone."""

    name = "one_place"
    forces = ("author_overlap",)

    def before_step(self, world: WorldFace) -> None:
        world.community.crossing = 0.0
