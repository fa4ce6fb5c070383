"""The base of the actions in a feedback commons, and kinds of parameter that they share."""

from typing import Annotated, ClassVar

from pydantic import Field

from windtunnel.policies.base import Policy

Level = Annotated[float, Field(ge=0, le=100)]
Factor = Annotated[float, Field(ge=0.1, le=100)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]


class FeedbackPolicy(Policy):
    """An action in a feedback commons: it pulls some of `world.community.levers`, which are at rest again at each step."""

    fits: ClassVar[tuple[str, ...]] = ("feedback_commons",)
    acts_in_log: ClassVar[bool] = False
