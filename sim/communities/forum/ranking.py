"""A forum's feed ranked by a rule, in the stead of its law of attention."""

import numpy as np

from windtunnel.policies.forum.rankers import ranker
from windtunnel.policies.forum.rankers.base import Ranked
from windtunnel.sim.communities.forum.place import Place
from windtunnel.sim.communities.forum.posts import VISIBLE


def rank(forum: Place, name: str, pull: np.ndarray, now: int) -> None:
    """Let a ranker decide `pull` (posts, log), in place: the k-th of opening posts, and of replies, draws 1 / log2(k + 2).

    Where there are several feeds a place stands for as many posts. A post's own appeal stays.
    """
    posts = forum.posts
    visible = np.flatnonzero(posts.state == VISIBLE)
    score = ranker(name).score(_ranked(forum, now))
    age = now - posts.step
    order = visible[np.lexsort((posts.id[visible], age[visible], -score[visible]))]
    pull[:] = -np.inf
    for kind in (posts.parent[order] < 0, posts.parent[order] >= 0):
        rows = order[kind]
        place = np.arange(len(rows)) // forum.feeds(now)
        pull[rows] = posts.appeal[rows] - np.log(np.log2(place + 2))


def _ranked(forum: Place, now: int) -> Ranked:
    posts = forum.posts
    opening = posts.parent < 0
    return Ranked(
        age=(now - posts.step) * forum.hours,
        votes=posts.score,
        replies=np.where(opening, posts.size, posts.replies),
        recent=posts.recent[posts.thread],
        heat=posts.heat[posts.thread],
        ups=posts.ups,
        downs=posts.downs,
        camps=forum.camp is not None,
    )
