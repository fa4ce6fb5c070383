"""How many models the feedback makes: no action of the list, but what several of them are compared with."""

from windtunnel.policies.base import WorldFace
from windtunnel.policies.feedback_commons.feedback_policy import FeedbackPolicy


class SpecialisedModels(FeedbackPolicy):
    """A model that is useful for one's own group spurs its people in full."""

    name = "specialised_models"

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.specialised = True
