"""The base of the policies of an information commons."""

from typing import ClassVar

from windtunnel.policies.base import Policy


class InfoPolicy(Policy):
    """A policy that fits an information commons; what it asks for holds for the step."""

    fits: ClassVar[tuple[str, ...]] = ("info_commons",)
    acts_in_log: ClassVar[bool] = False
