"""A pinned notice that states the rules (Matias 2019)."""

import numpy as np

from windtunnel.policies.base import Share, View, WorldFace
from windtunnel.policies.forum.forum_policy import ForumPolicy


class RuleReminder(ForumPolicy):
    """Members who notice the pin are told of it in their situation; what it does to them is their mind's."""

    name = "rule_reminder"
    raises = ("reminder",)

    acts_in_log = False

    seen: Share
    """Share of active members who notice the pin in a step; 0: off."""

    def noticed(self) -> float:
        return self.seen

    def offer(self, world: WorldFace, view: View) -> None:
        ids = world.community.members.id[view.rows]
        view.feature("reminder")[:] = np.where(world.chance(f"{self.label} seen", ids) < self.seen, 1.0, 0.0)
