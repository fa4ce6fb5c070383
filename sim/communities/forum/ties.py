"""What members of a forum do for others' posts to be seen: they follow authors, and show posts to those who follow them."""

import numpy as np

from windtunnel.sim.communities.forum.feed import NOTHING
from windtunnel.sim.communities.forum.once import Once


class Ties:
    """Who follows whom by an act of its own, on top of whom founders notice (`network`, (founders, each), rows or -1).

    Arrays by row of members.
    """

    def __init__(self, network: np.ndarray, members: int) -> None:
        self.network = network
        self.once = Once()
        self.reader, self.author = np.empty(0, np.int64), np.empty(0, np.int64)
        self.shared = np.full(members, NOTHING, np.int64)
        """The post (a row) that each member has shared last."""
        self.shared_at = np.full(members, -1, np.int64)

    def follow(self, readers: np.ndarray, authors: np.ndarray) -> None:
        """These follow those (rows, (n,)) from now on."""
        new = ~self.once.has(readers, authors)
        readers, authors = readers[new].astype(np.int64), authors[new].astype(np.int64)
        self.once.add(readers, authors)
        self.reader = np.concatenate([self.reader, readers])
        self.author = np.concatenate([self.author, authors])

    def share(self, who: np.ndarray, posts: np.ndarray, now: int) -> None:
        """These show these posts to whoever follows them."""
        self.shared[who], self.shared_at[who] = posts, now

    def newest(self, rows: np.ndarray, found: np.ndarray, value: np.ndarray) -> np.ndarray:
        """For each of `rows` (n,) the larger of `found` (n,) and the `value`s (members,) of those it follows by its own act."""
        if len(self.reader):
            place = np.full(len(value), -1)
            place[rows] = np.arange(len(rows))
            here = place[self.reader] >= 0
            found = found.astype(np.int64)
            np.maximum.at(found, place[self.reader[here]], value[self.author[here]])
        return found

    def shown(self, rows: np.ndarray) -> np.ndarray:
        """The post (n,) that was last shared by somebody whom each of `rows` notices or follows; of one step, by the highest row."""
        count = len(self.shared)
        code = np.where(self.shared_at >= 0, self.shared_at * count + np.arange(count), -1)
        best = np.full(len(rows), -1, np.int64)
        founders = rows < len(self.network)
        if self.network.shape[1]:
            friends = self.network[rows[founders]]
            best[founders] = np.where(friends < 0, -1, code[friends]).max(axis=1)
        best = self.newest(rows, best, code)
        return np.where(best >= 0, self.shared[best % count], NOTHING)
