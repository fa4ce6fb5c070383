"""How many models the feedback makes: no action of the list, but what several of them are compared with."""

from typing import Literal

from windtunnel.policies.base import WorldFace
from windtunnel.policies.feedback_commons.feedback_policy import FeedbackPolicy


class SpecialisedModels(FeedbackPolicy):
    """A model that is useful for one's own group spurs its people in full."""

    name = "specialised_models"

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.specialised = True


class Unlearning(FeedbackPolicy):
    """People may take back what they gave; what models learned from it is dealt with by `method`."""

    name = "unlearning"
    raises = ("retracting",)

    method: Literal["none", "filter_only", "reweight", "exact_retrain"] = "exact_retrain"
    """Nothing is undone; answers that draw on it are withheld; its share is spread over the others; trained again without it."""

    def before_step(self, world: WorldFace) -> None:
        levers = world.community.levers
        levers.retraction = max(levers.retraction, 1000)
        levers.unlearning = self.method
