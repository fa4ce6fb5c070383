"""The base of the policies of a commons, and the chance of keeping to a norm as they take it."""

from typing import Annotated, ClassVar

from pydantic import Field

from windtunnel.policies.base import Policy

Heeded = Annotated[float, Field(gt=0, lt=1)]
"""Chance that a member who is neither greedy nor modest keeps to a norm while nobody watches."""


class CommonsPolicy(Policy):
    """A policy that fits a commons; what it asks for holds for the step, since a commons forgets it at each step."""

    fits: ClassVar[tuple[str, ...]] = ("commons",)
    acts_in_log: ClassVar[bool] = False
