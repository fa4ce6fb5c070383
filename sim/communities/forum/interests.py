"""A forum's feeds ranked for each reader between its own interest and an advocate's, as in an attention feed.

What a post is worth to a reader, and to an advocate who pays for reach, is in (0, 1), drawn by reader and post, and by post. Each
reader's feed is put in the order that serves both by a weight; the k-th place draws a look with a weight of 1 / log2(k + 2).
Push and pull of each are exact (`windtunnel.sim.attention`).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from windtunnel.sim import noise
from windtunnel.sim.attention import discounts, ranking
from windtunnel.sim.communities.forum.place import Place
from windtunnel.sim.feed_rule import FeedRule

PROMOTED = 0.7
"""A post worth so much to the advocate is marked, where marks are shown."""


class Orders(NamedTuple):
    """Of n readers and m places of a feed: what the k-th place of the list draws (log, (n, m)), and push and pull (n,)."""

    look: np.ndarray
    pull: np.ndarray
    push: np.ndarray


class Interests:
    """What posts are worth, the rule in force, who has chosen a ranking of its own, and what feeds gave in this step."""

    def __init__(self, forum: Place, weight: float) -> None:
        self.forum, self.weight = forum, weight
        count = len(forum.members)
        self.rule = FeedRule(weight)
        self.own_ranking = np.zeros(count, bool)
        self.pulls = np.zeros(count)
        """Sum of the pull of each member's feeds."""
        self.read = np.zeros(count)
        """Feeds that each member has read."""
        self._step: list[tuple[np.ndarray, Orders]] = []
        self._last: tuple[np.ndarray, Orders] | None = None

    def open_step(self) -> None:
        self.rule, self._step, self._last = FeedRule(self.weight), [], None

    def promoted(self, key: int, ids: np.ndarray) -> np.ndarray:
        """What posts (ids) are worth to the advocate (n,)."""
        return noise.uniform(key, "promoted", 0, ids)

    def wanted(self, rows: np.ndarray, posts: np.ndarray) -> np.ndarray:
        """What posts (rows, (n, m)) are worth to members (rows, (n,)), as large; where there is none the number means nothing."""
        table, luck = self.forum.posts, self.forum.luck
        ids = noise.pair(np.repeat(self.forum.members.id[rows], posts.shape[1]), table.id[posts].ravel())
        found = noise.uniform(luck.past, "wanted", 0, ids)
        if luck.fork is not None:
            later = table.step[posts].ravel() >= luck.fork
            found = np.where(later, noise.uniform(luck.future, "wanted", 0, ids), found)
        return found.reshape(posts.shape)

    def orders(self, rows: np.ndarray, shown: np.ndarray) -> Orders:
        """The feeds of members (rows) that show these posts (n, m), -1 for none; keeps them for `note`."""
        table, count = self.forum.posts, shown.shape[1]
        there = shown >= 0
        u = np.where(there, self.wanted(rows, shown), 0.0)
        v = np.where(there, table.promoted[shown], 0.0)
        age = np.where(there, -table.step[shown].astype(np.int64), 1 << 40)
        came = np.lexsort((np.where(there, table.id[shown], 0), age), axis=1)
        discount = discounts(count)
        weight = np.where(self.own_ranking[rows], 1.0, self.rule.weight)
        order = self._ordered(u, v, weight, came, there, discount) if self.rule.ranked else came
        best = [self._ordered(u, v, np.full(len(rows), end), came, there, discount) for end in (1.0, 0.0)]

        def worth(value: np.ndarray, places: np.ndarray) -> np.ndarray:
            return np.take_along_axis(value, places, axis=1) @ discount

        shares = [
            np.where(any_there, worth(value, order) / np.maximum(worth(value, most), 1e-300), np.nan)
            for value, most in zip((u, v), best, strict=True)
            for any_there in (there.any(axis=1),)
        ]
        look = np.empty(shown.shape)
        np.put_along_axis(look, order, np.broadcast_to(np.log(discount), look.shape), axis=1)
        look[~there] = -np.inf
        made = Orders(look, *shares)
        self._last = (rows, made)
        return made

    def _ordered(
        self,
        u: np.ndarray,
        v: np.ndarray,
        weight: np.ndarray,
        came: np.ndarray,
        there: np.ndarray,
        discount: np.ndarray,
    ) -> np.ndarray:
        """Places (n, m) in the order of the best ranking; bundles are of posts that came one after the other."""
        if self.rule.block == 1:
            gain = weight[:, None] * u + (1 - weight[:, None]) * v
            return np.argsort(np.where(there, -gain, np.inf), axis=1, kind="stable")
        out = came.copy()
        for row, (count, mine, share) in enumerate(zip(there.sum(axis=1), came, weight, strict=True)):
            kept = mine[:count]
            blocks = np.arange(count) // self.rule.block
            if count:
                found = ranking(u[row, kept], v[row, kept], float(share), discount[:count], blocks)
                out[row, :count] = kept[found]
        return out

    def note(self) -> None:
        """Readers have looked at the feeds that `orders` made last."""
        if self._last is None:
            return
        rows, made = self._last
        self._last = None
        found = ~np.isnan(made.pull)
        self.pulls[rows[found]] += made.pull[found]
        self.read[rows[found]] += 1
        self._step.append((rows[found], Orders(made.look[found], made.pull[found], made.push[found])))

    def measures(self) -> Mapping[str, float]:
        """Means over the feeds that were read in this step; nothing where none was."""
        pull = np.concatenate([made.pull for _, made in self._step]) if self._step else np.empty(0)
        if not len(pull):
            return {}
        push = np.concatenate([made.push for _, made in self._step])
        return {"pull": float(pull.mean()), "push": float(push.mean())}
