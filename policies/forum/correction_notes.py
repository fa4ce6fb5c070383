"""Readers write notes under false posts, which show once enough of them find one helpful (community notes)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from pydantic import Field, PrivateAttr

from windtunnel.policies.base import Acts, Share, WorldFace
from windtunnel.policies.forum.forum_policy import ForumPolicy, forum_of

if TYPE_CHECKING:
    from windtunnel.sim.communities.forum.forum import Forum


class CorrectionNotes(ForumPolicy):
    """A note is proposed under posts, rated by those who do something with the post, and shown from then on to all who look.

    What a note does to readers is their mind's: by rules fewer up-votes, reposts and replies. It also takes `penalty` of the
    post's (log) pull. Where members are of two camps as many of each must find it helpful.
    """

    name = "correction_notes"
    raises = ("noted",)
    needs: ClassVar[Mapping[str, Mapping[str, Any]]] = {"forum": {"false_share": 0.3}}

    test_parameters = {"proposed": 1.0, "helpful": 1.0, "raters": 1, "mistaken": 0.2}

    proposed: Share
    """Share of false posts under which somebody proposes a note; 0: none."""
    mistaken: Share
    """Share of true posts under which somebody does; 0: none."""
    helpful: Share
    """Chance that who rates a note of a false post finds it helpful; of a true post as often not."""
    raters: Annotated[int, Field(ge=1, le=1_000_000)]
    """Members who must find it helpful; of two camps so many each."""
    penalty: Annotated[float, Field(ge=0, le=100)]
    """Taken from the log of a noted post's pull; 0: none."""

    _looked: int | None = PrivateAttr(None)
    _waiting: np.ndarray = PrivateAttr(default_factory=lambda: np.empty(0, int))
    _rated: dict[int, dict[int, int]] = PrivateAttr(default_factory=dict)
    """By post, who found its note helpful and of which camp each is."""

    def before_step(self, world: WorldFace) -> None:
        forum = forum_of(world)
        posts = forum.posts
        first = len(posts) if self._looked is None else self._looked
        fresh = forum.moderation.written_since(first)
        self._looked = len(posts)
        chance = np.where(posts.false[fresh], self.proposed, self.mistaken)
        new = fresh[world.chance(f"{self.label} proposes", posts.id[fresh]) < chance]
        self._waiting = np.concatenate([self._waiting, new])
        enough = [row for row in self._waiting.tolist() if self._agreed(forum, row)]
        forum.moderation.note(world, np.array(enough, int), self.label)
        self._waiting = self._waiting[~np.isin(self._waiting, enough)]

    def _agreed(self, forum: "Forum", row: int) -> bool:
        camps = list(self._rated.get(row, {}).values())
        return all(camps.count(camp) >= self.raters for camp in ((0, 1) if forum.camp is not None else (0,)))

    def review(self, world: WorldFace, acts: Acts) -> None:
        forum = forum_of(world)
        about = np.flatnonzero(acts.passed & np.isin(acts.target, self._waiting) & (acts.target >= 0))
        if not len(about):
            return
        lot = world.chance(f"{self.label} rates", acts.ids[about])
        false = forum.posts.false[acts.target[about]]
        likes = lot < np.where(false, self.helpful, 1 - self.helpful)
        for place in about[likes].tolist():
            row, member = int(acts.target[place]), int(acts.rows[place])
            camp = 0 if forum.camp is None else int(forum.camp[member])
            self._rated.setdefault(row, {})[member] = camp

    def rerank(self, world: WorldFace, pull: np.ndarray) -> None:
        pull[world.community.posts.noted] -= self.penalty
