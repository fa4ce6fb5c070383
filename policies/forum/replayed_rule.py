"""A rule of words, patterns or numbers, by how often it touched each tone when it was replayed on a record."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import numpy as np
from pydantic import PrivateAttr

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.forum.forum_policy import ForumPolicy, forum_of

if TYPE_CHECKING:
    from windtunnel.sim.communities.forum.record import RecordForum


class ReplayedRule(ForumPolicy):
    """Looks once at each new post and removes a share of each tone at once, by itself: no moderator's attention is needed.

    `windtunnel replay RULE OUT` measures the shares on a record and prints the command.
    """

    name = "replayed_rule"
    forces = (
        "hostile_exposures",
        "worst_group_exposure",
        "posts_kept",
        "escalation",
        "hostile_share",
        "hostility_elsewhere",
    )

    test_parameters = {"hostile": 1.0, "heated": 0.5, "newcomers_hostile": 1.0}

    hostile: Share
    """Share of regulars' hostile posts that the rule touches; 0: off."""
    heated: Share
    """Share of regulars' heated posts that the rule touches; 0: off."""
    civil: Share
    """Share of regulars' civil posts that the rule touches; 0: off."""
    newcomers_hostile: Share
    """Share of newcomers' hostile posts that the rule touches; 0: off."""
    newcomers_heated: Share
    """Share of newcomers' heated posts that the rule touches; 0: off."""
    newcomers_civil: Share
    """Share of newcomers' civil posts that the rule touches; 0: off."""

    _looked: int | None = PrivateAttr(None)
    _known: dict[int, bool] = PrivateAttr(default_factory=dict)

    def knowing(self, known: Mapping[int, bool]) -> "ReplayedRule":
        """The same policy, which knows of these posts of a record (by id) whether the rule touched them, where they come as recorded."""
        self._known = dict(known)
        return self

    def before_step(self, world: WorldFace) -> None:
        forum = forum_of(world)
        posts = forum.posts
        fresh = forum.moderation.written_since(len(posts) if self._looked is None else self._looked)
        self._looked = len(posts)
        new = forum.members.newcomer_until[posts.author[fresh]] > posts.step[fresh]
        rates = np.array(
            [
                [self.civil, self.heated, self.hostile],
                [self.newcomers_civil, self.newcomers_heated, self.newcomers_hostile],
            ]
        )
        lot = world.chance(f"{self.label} touches", posts.id[fresh])
        touched = lot < rates[new.astype(int), posts.tone[fresh]]
        if self._known:
            record = cast("RecordForum", forum)
            for place, row in enumerate(fresh.tolist()):
                said = self._known.get(int(posts.id[row]))
                if said is not None and record.recorded_as(row) is not None:
                    touched[place] = said
        forum.moderation.remove(world, fresh[touched], self.label)
