"""The platform drops rare signals before it learns."""

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.collective_action.action_policy import ActionPolicy


class Robustify(ActionPolicy):
    """A signal, or a token, that is in less than this share of rows is dropped; not on a recommender."""

    name = "robustify"

    share: Share = 0.05
    """The share of rows below which it is dropped; 0: off."""

    def before_step(self, world: WorldFace) -> None:
        place = world.community
        place.learning = place.learning._replace(rare=self.share)
