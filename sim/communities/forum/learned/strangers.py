"""Whose the posts are that bear no name."""

import numpy as np

from windtunnel.sim.communities.forum.learned.law import Law
from windtunnel.sim.communities.forum.learned.place import Remembered


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


def chance_unnamed(law: Law, table: Remembered, up: np.ndarray) -> np.ndarray:
    """The chances (n,) that the name of who first writes by answering one of these posts (rows, (n,)), or by opening a thread (below 0), is not
    known."""
    chance = np.full(len(up), law.newcomers.unnamed_openers)
    answers = up >= 0
    if not answers.any():
        return chance
    up = up[answers]
    root, value = table.root(up), law.unnamed.value
    share = np.minimum(table.seen.nameless[root] / np.maximum(table.posts.size[root], 1), 1.0)
    odds = value[0] + value[1] * (up == root)
    odds += value[2] * share
    odds += value[3] * table.people.unnamed[table.author(up)]
    chance[answers] = 1 / (1 + np.exp(-odds))
    return chance
