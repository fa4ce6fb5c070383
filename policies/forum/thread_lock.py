"""A thread that gets too hot is locked."""

import numpy as np

from windtunnel.policies.base import Acts, Hours, Share, View, WorldFace
from windtunnel.policies.forum.forum_policy import ForumPolicy, Heat, forum_of, forum_view, hot_threads


class ThreadLock(ForumPolicy):
    """No replies in a thread for `hours` once its heat reaches `heat`.

    Heat is the thread's recent hostility: a hostile reply adds 1, a heated one less, and it halves in
    `heat_half_life` hours (the community's yaml).
    """

    name = "thread_lock"
    forces = ("escalation",)

    test_parameters = {"heat": 1, "hours": 4}

    heat: Heat
    """Heat at which a thread is locked; 0 locks every thread."""
    hours: Hours
    """How long it stays locked; 0: off."""
    evasion: Share
    """Share of members who, finding a thread locked, say in another thread what they would have said there; 0: off."""

    def before_step(self, world: WorldFace) -> None:
        if not self.hours:
            return
        forum = forum_of(world)
        hot = hot_threads(forum, self.heat, forum.posts.locked_until, world.now)
        until = world.now + max(1, round(self.hours / forum.hours))
        forum.moderation.lock(world, hot, until, self.label)

    def offer(self, world: WorldFace, view: View) -> None:
        """Evaders form the answer that they will give elsewhere, unless something else keeps them from writing."""
        if not self.evasion or not self.hours:
            return
        forum = forum_of(world)
        ids = forum.members.id[view.rows]
        evades = world.chance(f"{self.label} evades", ids) < self.evasion
        focus = forum_view(view).focus
        evades &= (focus >= 0) & self._locked(world, focus)
        names = np.array(view.action_names)
        evades &= view.options[:, np.char.startswith(names, "post")].any(axis=1)
        view.options[np.ix_(evades, np.char.startswith(names, "reply"))] = True

    def review(self, world: WorldFace, acts: Acts) -> None:
        if not self.evasion or not self.hours:
            return
        forum = forum_of(world)
        astray = np.flatnonzero(
            (acts.kind == "reply") & self._locked(world, acts.target) & (acts.target >= 0)
        )
        elsewhere = forum.moderation.other_threads(world, forum.posts.thread[acts.target[astray]])
        acts.target[astray] = elsewhere
        acts.kind[astray[elsewhere < 0]] = "post"
        acts.policy[astray] = world.log.code(self.label)

    def _locked(self, world: WorldFace, focus: np.ndarray) -> np.ndarray:
        forum = forum_of(world)
        posts = forum.posts
        return posts.locked_until[posts.thread[focus]] > world.now
