"""No policy: the event log is the same, byte for byte, as without one."""

from windtunnel.policies.base import EVERY, Policy


class NoPolicy(Policy):
    """Does nothing."""

    name = "none"
    fits = (EVERY,)
    acts_in_log = False
