"""Producers have what builders learned from them forgotten, exactly or in appearance (unlearning)."""

from typing import ClassVar, Literal

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.info_commons.info_policy import InfoPolicy


class Retraction(InfoPolicy):
    """A producer may ask to be forgotten: from then on nothing of it is used, and what was learned is dealt with by `method`."""

    name = "retraction"
    acts_in_log: ClassVar[bool] = True
    test_parameters = {"asked": 0.2}

    asked: Share = 0.02
    """Chance a month that a producer asks to be forgotten; 0: off."""
    method: Literal["none", "filter_only", "reweight", "exact_retrain"] = "exact_retrain"
    """Nothing is undone; answers that draw on it are withheld; its share is spread over the others; trained again without it."""

    def before_step(self, world: WorldFace) -> None:
        place = world.community
        ids = place.members.id
        asking = (
            place.producing
            & place.here
            & ~place.gone
            & (world.chance(f"{self.label} asks", ids) < self.asked)
        )
        world.log.add(world.now, "ask_to_forget", ids[asking], policy=self.label)
        place.forget(asking, self.method)
