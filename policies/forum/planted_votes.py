"""New posts get votes that nobody cast (Muchnik et al. 2013, who planted one)."""

from typing import Annotated

from pydantic import Field, PrivateAttr

from windtunnel.policies.base import Share, WorldFace
from windtunnel.policies.forum.forum_policy import ForumPolicy, forum_of


class PlantedVotes(ForumPolicy):
    """A share of new posts stands with `votes` more than members gave them, before anybody has read them."""

    name = "planted_votes"

    test_parameters = {"share": 1.0}

    share: Share
    """Share of new posts; 0: off."""
    votes: Annotated[int, Field(ge=0, le=1000)]
    """Votes that each of them gets; 0: off."""
    down: bool
    """Whether they are votes down."""

    _looked: int | None = PrivateAttr(None)

    def before_step(self, world: WorldFace) -> None:
        forum = forum_of(world)
        posts = forum.posts
        first = len(posts) if self._looked is None else self._looked
        fresh = forum.moderation.written_since(first)
        self._looked = len(posts)
        chosen = fresh[world.chance(f"{self.label} plants", posts.id[fresh]) < self.share]
        forum.moderation.plant(world, chosen, -self.votes if self.down else self.votes, self.label)
