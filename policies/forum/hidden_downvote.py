"""The button for a down-vote is hidden."""

import numpy as np

from windtunnel.policies.base import Share, View, WorldFace
from windtunnel.policies.forum.forum_policy import ForumPolicy


class HiddenDownvote(ForumPolicy):
    """Members find no way to vote a post down, but for those who come past the page that hides it."""

    name = "hidden_downvote"
    acts_in_log = False

    share: Share
    """Share of looks at a page without the button; 0: off."""

    def offer(self, world: WorldFace, view: View) -> None:
        lot = world.chance(f"{self.label} hides", world.community.members.id[view.rows])
        view.withdraw(np.asarray(lot < self.share), "downvote")
