"""The base of the policies of collective action."""

from typing import ClassVar

from windtunnel.policies.base import Policy


class ActionPolicy(Policy):
    """A policy that fits collective action; what it asks for holds for the round."""

    fits: ClassVar[tuple[str, ...]] = ("collective_action",)
    acts_in_log: ClassVar[bool] = False
