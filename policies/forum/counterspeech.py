"""A volunteer asks a hot thread to stay civil (Hangartner et al. 2021)."""

from windtunnel.policies.base import Hours, Share, WorldFace
from windtunnel.policies.forum.forum_policy import ForumPolicy, Heat, forum_of, hot_threads


class Counterspeech(ForumPolicy):
    """In each hour some hot threads get a call for civility, which readers see for `hours`."""

    name = "counterspeech"
    raises = ("counterspeech",)

    test_parameters = {"heat": 0.5, "share": 1.0}

    heat: Heat
    """Heat at which a thread calls for it."""
    share: Share
    """Share of such threads that a volunteer answers in a step; 0: off."""
    hours: Hours
    """How long the call for civility is seen; 0: off."""

    def before_step(self, world: WorldFace) -> None:
        if not self.hours:
            return
        forum = forum_of(world)
        hot = hot_threads(forum, self.heat, forum.posts.calmed_until, world.now)
        answered = hot[world.chance(f"{self.label} answers", forum.posts.id[hot]) < self.share]
        forum.moderation.calm(
            world, answered, world.now + max(1, round(self.hours / forum.hours)), self.label
        )
