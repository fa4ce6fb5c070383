"""The base of the policies of several places."""

from typing import ClassVar

from windtunnel.policies.base import Policy


class PlacesPolicy(Policy):
    """A policy that fits places; what it asks for holds for the step."""

    fits: ClassVar[tuple[str, ...]] = ("places",)
    acts_in_log: ClassVar[bool] = False
