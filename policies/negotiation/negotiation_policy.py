"""The base of the policies of a negotiation."""

from typing import ClassVar

from windtunnel.policies.base import Policy


class NegotiationPolicy(Policy):
    """A policy that fits a negotiation; what it asks for holds for the round."""

    fits: ClassVar[tuple[str, ...]] = ("negotiation",)
    acts_in_log: ClassVar[bool] = False
