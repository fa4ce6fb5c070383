"""What moderators can do to posts and members, within the attention that they have in an hour."""

from typing import Any

import numpy as np

from windtunnel.sim.communities.forum.feed import NOTHING
from windtunnel.sim.communities.forum.place import Place
from windtunnel.sim.communities.forum.posts import HELD, REMOVED, SET_UP, VISIBLE


class Moderation:
    """The moderators' desk. Policies say what should happen; this does it, logs it, and counts attention.

    Rows are rows of `Posts` or of `Members`. An event's `policy` is the label of the policy that asked.
    """

    def __init__(self, forum: Place) -> None:
        self.forum = forum
        self.left = 0
        """How many more acts the moderators have attention for in this step."""

    def open_step(self) -> None:
        self.left = self.forum.settings.attention(self.forum.hours)

    def take(self, posts: np.ndarray) -> np.ndarray:
        """Of the posts waiting, those that moderators get to in this step: most reported first, then oldest."""
        table = self.forum.posts
        first = np.lexsort((table.id[posts], table.step[posts], -table.reports[posts]))[: self.left]
        self.left -= len(first)
        return posts[np.sort(first)]

    def remove(self, world: Any, posts: np.ndarray, policy: str) -> np.ndarray:
        """Remove those of the posts that are still there; gives the rows removed."""
        if not len(posts):
            return posts
        table = self.forum.posts
        visible = posts[table.state[posts] == VISIBLE]
        gone = posts[table.state[posts] != REMOVED]
        table.state[gone] = REMOVED
        self.forum.vanish(visible, world.now)
        self._log_posts(world, "remove", gone, policy)
        return gone

    def approve(self, world: Any, posts: np.ndarray, policy: str) -> None:
        """Let held posts appear; their age counts from now."""
        if not len(posts):
            return
        table = self.forum.posts
        held = posts[table.state[posts] == HELD]
        table.state[held] = VISIBLE
        table.step[held] = world.now
        self.forum.appear(held)
        self._log_posts(world, "approve", held, policy)

    def restore(self, world: Any, posts: np.ndarray, policy: str) -> None:
        """Let removed posts be seen again."""
        table = self.forum.posts
        back = posts[table.state[posts] == REMOVED]
        table.state[back] = VISIBLE
        self.forum.appear(back)
        self._log_posts(world, "restore", back, policy)

    def lock(self, world: Any, threads: np.ndarray, until: int | np.ndarray, policy: str) -> None:
        """No replies in these threads (rows of opening posts) before step `until`."""
        self.forum.posts.locked_until[threads] = until
        self._log_posts(world, "lock", threads, policy)

    def plant(self, world: Any, posts: np.ndarray, votes: int, policy: str) -> None:
        """These posts (rows) stand with so many votes more."""
        if votes and len(posts):
            self.forum.posts.score[posts] += votes
            self._log_posts(world, "plant_votes", posts, policy)

    def note(self, world: Any, posts: np.ndarray, policy: str) -> None:
        """A correction stands under these posts (rows) from now on."""
        self.forum.posts.noted[posts] = True
        self._log_posts(world, "note", posts, policy)

    def quit(self, world: Any, members: np.ndarray, policy: str) -> None:
        """Members go for good, of their own will, for something that was done."""
        self.forum.members.left[members] = world.now
        self._log_members(world, "quit", members, policy)

    def calm(self, world: Any, threads: np.ndarray, until: int, policy: str) -> None:
        """A volunteer answers in these threads with a call for civility that stands until step `until`."""
        self.forum.posts.calmed_until[threads] = until
        self._log_posts(world, "counterspeech", threads, policy)

    def warn(self, world: Any, members: np.ndarray, hours: float, policy: str) -> None:
        """Members are told by the moderators, and remember it for `hours`."""
        self.forum.warned_until[members] = world.now + max(1, round(hours / self.forum.hours))
        self._log_members(world, "warn", members, policy)

    def explain(self, world: Any, members: np.ndarray, hours: float, policy: str) -> None:
        """Members are told why their post went, and remember it for `hours`."""
        self.forum.warned_until[members] = world.now + max(1, round(hours / self.forum.hours))
        self._log_members(world, "explain", members, policy)

    def suspend(self, world: Any, members: np.ndarray, hours: float, policy: str) -> None:
        """Members may do nothing for `hours`."""
        until = world.now + max(1, round(hours / self.forum.hours))
        self.forum.members.away_until[members] = np.maximum(self.forum.members.away_until[members], until)
        self._log_members(world, "suspend", members, policy)

    def ban(self, world: Any, members: np.ndarray, policy: str) -> None:
        """Members may do nothing ever again."""
        self.forum.members.left[members] = world.now
        self._log_members(world, "ban", members, policy)

    def new_account(self, world: Any, members: np.ndarray, policy: str) -> None:
        """Sanctioned members come back under a new account: free to act, and newcomers again."""
        table = self.forum.members
        table.away_until[members] = world.now
        table.left[members] = table.departs[members]
        table.newcomer_until[members] = world.now + round(self.forum.profile.window_hours / self.forum.hours)
        self.forum.warned_until[members] = world.now
        self._log_members(world, "evade", members, policy)

    def repost(self, world: Any, posts: np.ndarray, policy: str) -> None:
        """Authors of removed posts who are still here say the same in another thread, once a step each."""
        if not len(posts):
            return
        table, people = self.forum.posts, self.forum.members
        authors, first = np.unique(table.author[posts], return_index=True)
        again = np.isin(self.forum.post_ids(authors, world.now, 1), table.id[table.step == world.now])
        can = people.present(world.now)[authors] & ~again
        authors, posts = authors[can], posts[first[can]]
        elsewhere = self.other_threads(world, table.thread[posts])
        posts, authors, elsewhere = (part[elsewhere >= 0] for part in (posts, authors, elsewhere))
        if not len(posts):
            return
        new = self.forum._write(
            world.now, authors, elsewhere, table.tone[posts], np.zeros(len(posts)), ordinal=1
        )
        table = self.forum.posts
        first = world.log.add(
            world.now,
            "reply",
            self.forum.members.id[authors],
            target=table.id[new],
            place=table.id[table.thread[new]],
            tone=table.tone[new],
            status="evaded",
            policy=policy,
        )
        self.forum.speech.again(world, table.id[posts], table.id[new], first)

    def other_threads(self, world: Any, threads: np.ndarray) -> np.ndarray:
        """For each thread, the open thread that pulls most apart from it; NOTHING if there is none."""
        table = self.forum.posts
        roots = table.roots()
        open_ = roots[(table.state[roots] == VISIBLE) & (table.locked_until[roots] <= world.now)]
        ranked = open_[np.lexsort((table.id[open_], -(table.size[open_] + table.appeal[open_])))][:2]
        if not len(ranked):
            return np.full(len(threads), NOTHING)
        second = ranked[1] if len(ranked) > 1 else NOTHING
        return np.where(threads == ranked[0], second, ranked[0])

    def written_since(self, row: int) -> np.ndarray:
        """Rows from `row` on, of posts that members chose to write; the threads that set the scene are spared."""
        table = self.forum.posts
        rows = np.arange(row, len(table))
        return rows[table.id[rows] % 10 != SET_UP]

    def _log_posts(self, world: Any, kind: str, posts: np.ndarray, policy: str) -> None:
        table = self.forum.posts
        world.log.add(
            world.now,
            kind,
            np.full(len(posts), NOTHING),
            target=table.id[posts],
            place=table.id[table.thread[posts]],
            tone=table.tone[posts],
            policy=policy,
        )

    def _log_members(self, world: Any, kind: str, members: np.ndarray, policy: str) -> None:
        world.log.add(
            world.now,
            kind,
            np.full(len(members), NOTHING),
            target=self.forum.members.id[members],
            policy=policy,
        )
