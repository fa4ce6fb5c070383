"""Slow mode: whoever has just written must wait."""

from typing import Any

from windtunnel.policies.base import Hours, Policy


class SlowMode(Policy):
    """No reply and no new thread within `hours` of a member's last one."""

    name = "slow_mode"

    hours: Hours
    """How long a member waits between two posts or replies."""

    def holds_back(self) -> bool:
        return self.hours > 0

    def offer(self, world: Any, view: Any) -> None:
        forum = world.community
        waits = (world.now - forum.wrote_last[view.rows]) * forum.hours < self.hours
        view.withdraw(waits, "reply", "post")
