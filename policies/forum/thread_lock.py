"""A thread that gets too hot is locked."""

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from windtunnel.policies.base import Hours, Policy, Share


class ThreadLock(Policy):
    """No replies in a thread for `hours` once its heat reaches `heat`.

    Heat is the thread's recent hostility: a hostile reply adds 1, a heated one less, and it halves in
    `heat_half_life` hours (the community's yaml).
    """

    name = "thread_lock"
    forces = ("escalation",)

    heat: Annotated[float, Field(ge=0)]
    """Heat at which a thread is locked; 0 locks every thread."""
    hours: Hours
    """How long it stays locked."""
    evasion: Share
    """Share of members who, finding a thread locked, say in another thread what they would have said there."""

    def before_step(self, world: Any) -> None:
        forum = world.community
        posts = forum.posts
        roots = posts.roots()
        hot = roots[(posts.heat[roots] >= self.heat) & (posts.locked_until[roots] <= world.now)]
        until = world.now + max(1, round(self.hours / forum.hours))
        forum.moderation.lock(world, hot, until, self.label)

    def offer(self, world: Any, view: Any) -> None:
        """Evaders form the answer that they will give elsewhere, unless something else keeps them from writing."""
        if not self.evasion:
            return
        forum = world.community
        ids = forum.members.id[view.rows]
        evades = world.chance(f"{self.label} evades", ids) < self.evasion
        evades &= (view.focus >= 0) & self._locked(world, view.focus)
        names = np.array(view.action_names)
        evades &= view.options[:, np.char.startswith(names, "post")].any(axis=1)
        view.options[np.ix_(evades, np.char.startswith(names, "reply"))] = True

    def review(self, world: Any, acts: Any) -> None:
        if not self.evasion:
            return
        posts = world.community.posts
        astray = np.flatnonzero(
            (acts.kind == "reply") & self._locked(world, acts.target) & (acts.target >= 0)
        )
        elsewhere = world.community.moderation.other_threads(world, posts.thread[acts.target[astray]])
        acts.target[astray] = elsewhere
        acts.kind[astray[elsewhere < 0]] = "post"
        acts.policy[astray] = world.log.code(self.label)

    def _locked(self, world: Any, focus: np.ndarray) -> np.ndarray:
        posts = world.community.posts
        return posts.locked_until[posts.thread[focus]] > world.now
