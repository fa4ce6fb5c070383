"""What members of learned forums write, put up in several worlds at once: named, hung below what it answers, counted, remembered.

In each world posts come out as they would alone, in the order in which they are written.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from windtunnel.policies.base import CANCELLED
from windtunnel.sim import noise
from windtunnel.sim.communities.forum.acts import Acts
from windtunnel.sim.communities.forum.feed import NOTHING
from windtunnel.sim.communities.forum.learned.strangers import chance_unnamed
from windtunnel.sim.communities.forum.posts import HELD, ORDINAL_OF_PHASE, post_id
from windtunnel.sim.communities.forum.side_by_side import joined


class Written(NamedTuple):
    """Posts (n,) of one forum: by members `rows`, each once, who have the ids `members`; they answer the posts `parent` (rows; NOTHING opens a
    thread)."""

    forum: Any
    rows: np.ndarray
    members: np.ndarray
    parent: np.ndarray
    tone: np.ndarray
    verdict: np.ndarray


class Posted(NamedTuple):
    """What they have become, world by world: `rows` (n,) of each world's posts, their ids, and those of their threads."""

    rows: np.ndarray
    ids: np.ndarray
    threads: np.ndarray


def apply(table: Any, worlds: Sequence[Any], every: Sequence[Acts]) -> None:
    """Apply what policies have left of the acts of each world; `table` is of all of them. Posts are put up in all worlds at once; a world in which there is
    more than posts without words does it by itself."""
    some = [
        (world, world.community, acts) for world, acts in zip(worlds, every, strict=True) if len(acts.rows)
    ]
    if not some:
        return
    count = [len(acts.rows) for _, _, acts in some]
    rows, kind, verdict = (
        joined(getattr(acts, name) for _, _, acts in some) for name in ("rows", "kind", "verdict")
    )
    who = rows + np.repeat(table.starts([forum for _, forum, _ in some])[:, 1], count)
    new = (table.people.acts[who] == 0) & (table.members.joined[who] == some[0][0].now)
    plain = ((kind == "reply") | (kind == "post")) & (verdict != CANCELLED)
    told, posts = new.tolist(), plain.tolist()
    together, low = [], 0
    for (world, forum, acts), many in zip(some, count, strict=True):
        part = slice(low, low + many)
        low += many
        if True in told[part]:
            world.log.add(world.now, "join", np.sort(acts.ids[new[part]]))
        if False in posts[part] or world.speaks or forum.settings.extras:
            forum.apply_alone(world, acts)
        else:
            together.append((world, forum, acts))
    if not together:
        return
    written = [
        Written(forum, acts.rows, acts.ids, acts.target, acts.tone, acts.verdict)
        for _, forum, acts in together
    ]
    posted, low = write(table, together[0][0].now, written), 0
    for world, forum, acts in together:
        part = slice(low, low + len(acts.rows))
        low += len(acts.rows)
        forum.log_acts(world, acts, acts.kinds, posted.ids[part], posted.threads[part])


def write(table: Any, now: int, written: Sequence[Written], ordinal: int = 0) -> Posted:
    """Put up posts in the worlds of these forums; `ordinal` is that of the phase that is on where it is 0."""
    writing = _Writing(table, now, written, ordinal)
    writing.name()
    writing.hang()
    writing.count()
    writing.remember()
    return Posted(writing.row, writing.ids, table.posts.id[writing.root])


class _Writing:
    """Posts (n,) of several worlds that are being written: `row` is each one's in its world, `new` in the table of all, and so are `who` its author,
    `up` what it answers (itself where it opens a thread) and `root` its thread."""

    def __init__(self, table: Any, now: int, written: Sequence[Written], ordinal: int) -> None:
        self.table, self.now = table, now
        self.forums = [one.forum for one in written]
        many = [len(one.rows) for one in written]
        _, *columns = zip(*written, strict=True)
        self.author, self.members, self.parent, self.tone, verdict = (joined(some) for some in columns)
        first = [forum.posts.more(count) for forum, count in zip(self.forums, many, strict=True)]
        for forum in self.forums:
            forum.memory.posts.grow(len(forum.posts))
        starts: np.ndarray = table.starts(self.forums)
        self.posts_at: Any
        if len(many) == 1:
            self.of, self.row = np.zeros(many[0], np.int64), np.arange(first[0], first[0] + many[0])
            self.posts_at, people_at, _ = starts[0].tolist()
        else:
            self.of = np.repeat(np.arange(len(many)), many)
            self.row = np.arange(len(self.of)) + (np.array(first) - np.cumsum(many) + many)[self.of]
            self.posts_at, people_at, _ = starts[self.of].T
        self.new, self.who = self.row + self.posts_at, self.author + people_at
        self.replies, self.seen = self.parent >= 0, verdict != HELD
        self.up = np.where(self.replies, self.parent + self.posts_at, self.new)
        self.ids = post_id(self.members, now, ordinal or ORDINAL_OF_PHASE[self.forums[0].phase])

    def name(self) -> None:
        """Draw of whom a record would lack the name, when they first write."""
        people, forums = self.table.people, self.forums
        first = np.flatnonzero(people.acts[self.who] == 0)
        if not len(first):
            return
        of, up = self.of[first], np.where(self.replies, self.up, NOTHING)[first]
        keys: Any = np.array([forum.luck.at(self.now) for forum in forums], np.uint64)
        lot = noise.uniform(int(keys[0]) if len(forums) == 1 else keys[of], "unnamed", 0, self.members[first])
        unnamed = lot < chance_unnamed(forums[0].law, self.table, up)
        people.unnamed[self.who[first]] = unnamed
        for place, row, lacks in zip(of.tolist(), self.author[first].tolist(), unnamed.tolist(), strict=True):
            forums[place].unnamed[row] = lacks

    def hang(self) -> None:
        """Put them below what they answer."""
        posts, new, up, replies = self.table.posts, self.new, self.up, self.replies
        posts.id[new], posts.author[new], posts.parent[new] = self.ids, self.author, self.parent
        posts.step[new], posts.tone[new] = self.now, self.tone
        self.thread = np.where(replies, posts.thread[up], self.row)
        self.answered = np.where(replies, posts.author[up], NOTHING)
        posts.thread[new], posts.answered[new] = self.thread, self.answered
        self.depth = np.where(replies, posts.depth[up] + 1, 0)
        posts.depth[new] = self.depth
        if not self.seen.all():
            posts.state[new[~self.seen]] = HELD
        self.root = self.thread + self.posts_at
        back = posts.parent[up]
        again = (back >= 0) & (posts.author[np.where(back >= 0, back + self.posts_at, new)] == self.author)
        exchange = self.table.seen.exchange
        exchange[new[again]] = exchange[up[again]] + 1

    def count(self) -> None:
        """Count those that can be read with what they answer and with their threads, as `Board.appear` does."""
        posts, counted = self.table.posts, self.replies & self.seen
        root = self.root[counted]
        np.add.at(posts.replies, self.up[counted], 1)
        np.add.at(posts.size, root, 1)
        np.add.at(posts.heat, root, self.forums[0].settings.heat[self.tone[counted]])
        np.add.at(posts.recent, root, 1.0)
        np.maximum.at(posts.last, root, self.now)

    def remember(self) -> None:
        """Whoever wrote has acted, and where others can read it somebody may owe an answer."""
        forums, table, at = self.forums, self.table, self.forums[0].written_at(self.now)
        columns = (
            *(self.of, self.row, self.author, self.parent, self.thread, self.answered, self.tone, self.seen),
            *(table.people.unnamed[self.who], self.depth, table.seen.exchange[self.new]),
            table.posts.size[self.root],
        )
        told = list(zip(*(column.tolist() for column in columns), strict=True))
        debts, opened = [0] * len(forums), dict[int, list[int]]()
        for place, row, who, up, root, answered, tone, seen, unnamed, *_ in told:
            forum = forums[place]
            forum.memory.acted(who, at, up < 0, up, root, answered)
            forum.memory.heard(None if unnamed else who, root, row, up, tone)
            forum.has_written(who, up, self.now)
            debts[place] += seen and up >= 0 and answered != who
        free = [forum.memory.owed_by(count) for forum, count in zip(forums, debts, strict=True)]
        for place, row, who, up, root, answered, _, seen, _, depth, exchange, size in told:
            if not seen:
                continue
            forum = forums[place]
            forum.is_read(row, who, answered)
            post = (row, who, at, up, root, answered, depth, exchange)
            free[place] = forum.memory.appears(post, size, free[place])
            if up < 0:
                opened.setdefault(place, []).append(row)
        for place, rows in opened.items():
            forums[place].open_threads(np.array(rows))
