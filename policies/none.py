"""No policy: the event log is the same, byte for byte, as without one."""

from windtunnel.policies.base import Policy


class NoPolicy(Policy):
    """Does nothing."""

    name = "none"
