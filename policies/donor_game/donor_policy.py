"""The base of the policies of a donor game."""

from typing import ClassVar

from windtunnel.policies.base import Policy


class DonorPolicy(Policy):
    """A policy that fits a donor game; what it asks for holds for the step."""

    fits: ClassVar[tuple[str, ...]] = ("donor_game",)
    acts_in_log: ClassVar[bool] = False
