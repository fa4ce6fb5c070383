"""Whose the posts are that bear no name."""

import numpy as np

from windtunnel.sim.communities.forum.learned.law import Law
from windtunnel.sim.communities.forum.learned.memory import Memory
from windtunnel.sim.communities.forum.posts import Posts


def with_strangers(author: np.ndarray, parent: np.ndarray, nobody: int, first: int) -> np.ndarray:
    """Authors (n,) in which each post by `nobody` is somebody's: strangers, numbered from `first` on.

    `parent` (n,) is the row that each post answers, -1 for none; it comes before. Who answers back a reply to a nameless post is taken for its
    author; any other nameless post is by a stranger of its own.
    """
    author, stranger = author.copy(), first
    for row in np.flatnonzero(author == nobody).tolist():
        up = parent[row]
        back = parent[up] if up >= 0 else -1
        if back >= 0 and author[back] >= first and author[back] != author[up]:
            author[row] = author[back]
        else:
            author[row], stranger = stranger, stranger + 1
    return author


def chance_unnamed(law: Law, memory: Memory, posts: Posts, up: int) -> float:
    """The chance that the name of who first writes by answering this post, or by opening a thread (`up` below 0), is not known."""
    if up < 0:
        return law.newcomers.unnamed_openers
    root = int(posts.thread[up])
    share = min(memory.posts.nameless[root] / max(int(posts.size[root]), 1), 1.0)
    terms = (1.0, up == root, share, bool(memory.people.unnamed[posts.author[up]]))
    odds = sum(value * term for value, term in zip(law.unnamed.value, terms, strict=True))
    return float(1 / (1 + np.exp(-odds)))
