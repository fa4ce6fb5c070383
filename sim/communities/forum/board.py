"""A forum's posts as they come and go: written, seen, removed, cooling. Members and moderators share these verbs."""

import numpy as np

from windtunnel.sim import noise
from windtunnel.sim.communities.forum.feed import NOTHING
from windtunnel.sim.communities.forum.posts import HELD, VISIBLE, Posts, post_id
from windtunnel.sim.communities.forum.settings import Settings
from windtunnel.sim.communities.forum.traits import ForumMembers
from windtunnel.sim.community import Defaults
from windtunnel.sim.noise_key import NoiseKey

FEW = 12
"""Posts up to which one after the other is faster than arrays; what comes of it is the same."""


class Board(Defaults):
    """Posts, who wrote and who answered whom last (by member, rows of posts), and who owes an answer."""

    posts: Posts
    members: ForumMembers
    settings: Settings
    luck: NoiseKey
    hours: float
    wrote_last: np.ndarray
    newest_post_of: np.ndarray
    newest_reply_to: np.ndarray
    owes: np.ndarray

    def _born_with(self, key: int, ids: np.ndarray) -> dict[str, np.ndarray]:
        """Further columns that posts (ids) are born with."""
        return {}

    def _write(
        self,
        now: int,
        rows: np.ndarray,
        parent: np.ndarray,
        tone: np.ndarray,
        verdict: np.ndarray,
        ordinal: int = 0,
        ids: np.ndarray | None = None,
    ) -> np.ndarray:
        """New posts by members `rows` answering posts `parent` (NOTHING opens a thread); gives their rows.

        A post may answer one before it among these: of the row that this will have.
        """
        posts, key, before = self.posts, self.luck.at(now), len(self.posts)
        ids = self.post_ids(rows, now, ordinal) if ids is None else ids
        new = posts.add(
            id=ids,
            author=rows,
            thread=np.arange(before, before + len(rows)),
            parent=parent,
            step=now,  # type: ignore[arg-type]
            tone=tone,
            state=np.where(verdict == HELD, HELD, VISIBLE),
            appeal=self._appeal(key, ids),
            **self._born_with(key, ids),
        )
        late = parent >= before
        self.wrote_last[rows] = now
        if len(new) <= FEW and not late.any():
            self._hang(new.tolist(), rows.tolist(), parent.tolist(), self.orphans(ids).tolist())
            held = verdict == HELD
            self.appear(new[~held] if held.any() else new)
            return new
        reply = parent >= 0
        if len(new):
            posts.answered[new] = np.where(reply & ~self.orphans(ids), posts.author[parent], NOTHING)
        first, above = new[reply & ~late], parent[reply & ~late]
        posts.thread[first], posts.depth[first] = posts.thread[above], posts.depth[above] + 1
        for row, up in zip(new[late].tolist(), parent[late].tolist(), strict=True):
            posts.thread[row], posts.depth[row] = posts.thread[up], posts.depth[up] + 1
        self._answers(rows[reply], parent[reply])
        self.appear(new[verdict != HELD])
        if late.any():
            self._answers(rows[late], parent[late])
        return new

    def _hang(self, new: list[int], rows: list[int], parent: list[int], orphans: list[bool]) -> None:
        """Put new posts below those that they answer, one after the other; nobody owes what it answers any more."""
        posts = self.posts.full
        for row, who, up, orphan in zip(new, rows, parent, orphans, strict=True):
            if up < 0:
                posts.answered[row] = NOTHING
                continue
            posts.thread[row], posts.depth[row] = posts.thread[up], posts.depth.item(up) + 1
            posts.answered[row] = NOTHING if orphan else posts.author[up]
            if self.owes[who] == up:
                self.owes[who] = NOTHING

    def _answers(self, rows: np.ndarray, parent: np.ndarray) -> None:
        """Those of the members who owed these posts an answer owe it no more."""
        self.owes[rows[self.owes[rows] == parent]] = NOTHING

    def orphans(self, ids: np.ndarray) -> np.ndarray:
        """Bool (n,): posts (ids) that stand below another and answer nobody."""
        return np.zeros(len(ids), bool)

    def _appeal(self, key: int, ids: np.ndarray) -> np.ndarray:
        """What posts (ids) have of their own that draws the eye, log."""
        return self.settings.appeal_spread * noise.gumbel(key, "appeal", 0, ids, 1)[:, 0]

    def post_ids(self, rows: np.ndarray, now: int, ordinal: int = 0) -> np.ndarray:
        """Ids of what members `rows` write now, the same in every arm."""
        return post_id(self.members.id[rows], now, ordinal)

    def _ids(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Ids (n,) of posts (rows) and of their threads."""
        posts = self.posts.full
        return posts.id[rows], posts.id[posts.thread[rows]]

    def _aims(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same of rows of which some are NOTHING, which stays."""
        nothing = rows == NOTHING
        post, thread = self._ids(rows)
        return np.where(nothing, NOTHING, post), np.where(nothing, NOTHING, thread)

    def appear(self, new: np.ndarray) -> None:
        """Count posts (rows) that have just become visible: sizes, heat, who was answered, when a thread last had a reply."""
        posts = self.posts
        if len(new) <= FEW:
            for row in new.tolist():
                self._appears(row)
            return
        self.newest_post_of[posts.author[new]] = new
        replies = new[posts.parent[new] >= 0]
        if not len(replies):
            return
        self._count(replies, +1)
        np.add.at(posts.heat, posts.thread[replies], self.settings.heat[posts.tone[replies]])
        np.add.at(posts.recent, posts.thread[replies], 1.0)
        np.maximum.at(posts.last, posts.thread[replies], posts.step[replies])
        answered = posts.answered[replies]
        other = (answered != posts.author[replies]) & (answered >= 0)
        self.newest_reply_to[answered[other]] = replies[other]
        self.owes[answered[other]] = replies[other]

    def _appears(self, row: int) -> None:
        """The same of one post."""
        posts = self.posts.full
        author, up = posts.author.item(row), posts.parent.item(row)
        self.newest_post_of[author] = row
        if up < 0:
            return
        root, answered = posts.thread.item(row), posts.answered.item(row)
        posts.replies[up] += 1
        posts.size[root] += 1
        posts.heat[root] += self.settings.heat[posts.tone[row]]
        posts.recent[root] += 1.0
        posts.last[root] = max(posts.last.item(root), posts.step.item(row))
        if answered >= 0 and answered != author:
            self.newest_reply_to[answered] = self.owes[answered] = row

    def vanish(self, gone: np.ndarray, now: int) -> None:
        """Uncount visible posts (rows) that have just been removed, cool what they had heated, and let threads be as old as before."""
        posts = self.posts
        replies = gone[posts.parent[gone] >= 0]
        if not len(replies):
            return
        self._count(replies, -1)
        age = (now - posts.step[replies]) * self.hours
        left = 0.5 ** (age / self.settings.heat_half_life)
        np.subtract.at(posts.heat, posts.thread[replies], self.settings.heat[posts.tone[replies]] * left)
        np.subtract.at(posts.recent, posts.thread[replies], left)
        np.maximum(posts.heat, 0, out=posts.heat)
        np.maximum(posts.recent, 0, out=posts.recent)
        touched = np.zeros(len(posts), bool)
        touched[posts.thread[replies]] = True
        posts.last[touched] = 0
        there = np.flatnonzero(touched[posts.thread] & (posts.state == VISIBLE) & (posts.parent >= 0))
        np.maximum.at(posts.last, posts.thread[there], posts.step[there])

    def _cool(self, hours: float) -> None:
        """Let what was recent be so many hours older."""
        left = 0.5 ** (hours / self.settings.heat_half_life)
        self.posts.heat *= left
        self.posts.recent *= left

    def _count(self, replies: np.ndarray, sign: int) -> None:
        posts = self.posts
        if not len(replies):
            return
        np.add.at(posts.replies, posts.parent[replies], sign)
        np.add.at(posts.size, posts.thread[replies], sign)
