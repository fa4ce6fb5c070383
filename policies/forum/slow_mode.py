"""Slow mode: whoever has just written must wait."""

from windtunnel.policies.base import Hours, View, WorldFace
from windtunnel.policies.forum.forum_policy import ForumPolicy, forum_of


class SlowMode(ForumPolicy):
    """No reply and no new thread within `hours` of a member's last one."""

    name = "slow_mode"

    acts_in_log = False

    hours: Hours
    """How long a member waits between two posts or replies; 0: off. A wait of one step is over when the next begins."""

    def holds_back(self) -> bool:
        return self.hours > 0

    def offer(self, world: WorldFace, view: View) -> None:
        forum = forum_of(world)
        waits = (world.now - forum.wrote_last[view.rows]) * forum.hours < self.hours
        view.withdraw(waits, "reply", "post")
