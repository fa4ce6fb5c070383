"""The base of the policies of an attention feed."""

from typing import ClassVar

from windtunnel.policies.base import Policy


class FeedPolicy(Policy):
    """A policy that fits an attention feed; what it asks for holds for the step."""

    fits: ClassVar[tuple[str, ...]] = ("attention_feed",)
    acts_in_log: ClassVar[bool] = False
