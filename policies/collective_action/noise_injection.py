"""The platform adds noise to its own training data."""

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.collective_action.action_policy import ActionPolicy


class NoiseInjection(ActionPolicy):
    """A share of all labels, or ratings, is replaced by random ones before the platform learns."""

    name = "noise_injection"

    rate: Share = 0.2
    """Share of labels that are replaced; 0: off."""

    def before_step(self, world: WorldFace) -> None:
        place = world.community
        place.learning = place.learning._replace(injected=self.rate)
