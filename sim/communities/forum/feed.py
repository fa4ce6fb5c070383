"""What members see: feeds dealt anew in each step, each member's own items, and which one draws the eye.

A feed is what a member looks through when it comes in. A small place has one for all. A larger one has as many more as it has more
members, each with other posts, dealt by chance: nobody reads all that is written in a large place, and no thread is
before everybody's eyes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from windtunnel.policies.base import WorldFace
from windtunnel.policies.forum.forum_policy import ForumPolicy
from windtunnel.sim.communities.forum.place import Place
from windtunnel.sim.communities.forum.posts import HOSTILE, VISIBLE, Posts
from windtunnel.sim.communities.forum.profile import Profile

NOTHING = -1
"""In place of a post's row: the member found nothing to look at."""

OWN_PLACES = 2
"""Places of the feed that are kept for a member's own items."""
Lots = Callable[[np.ndarray], np.ndarray]
"""Uniforms (n,) addressed by ids (n,)."""
Looks = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""The Gumbels (n, m) with which members (rows, (n,)) look at posts (ids, (m,) or (n, m))."""

GROWTH_ENDS = 8
"""Replies beyond which a thread draws no more by their number. Of 1, 2, 3, 5, 8, 15, 40 and no end, the likeliest in r/Feminism
(`bench/attention.py`)."""

_BLOCK = 1 << 11  # members a pass works on: what a feed of them takes stays in the processor's cache


class Own(NamedTuple):
    """One item for each of n members (rows of posts, NOTHING where there is none) and what is added to its pull.

    `anyway`: it may be the member's own post.
    """

    items: np.ndarray
    pull: float = 0.0
    anyway: bool = False


class Shown(NamedTuple):
    """Rows of the posts that n members see; NOTHING where there is none.

    `own` (n, columns) are each member's own items, `feeds` (feeds, m) what the feeds show, and `feed` (n,) which of them
    each member reads.
    """

    own: np.ndarray
    feeds: np.ndarray
    feed: np.ndarray

    @classmethod
    def alone(cls, own: np.ndarray) -> "Shown":
        """Own items (n, columns) and no feed."""
        return cls(own, np.empty((1, 0), np.int64), np.zeros(len(own), np.int64))

    @property
    def common(self) -> np.ndarray:
        """(n, m): what each member's feed shows."""
        return self.feeds[self.feed]

    def items(self) -> np.ndarray:
        """(n, columns + m): what each member sees, own items first."""
        return np.column_stack([self.own, self.common])

    def of(self, part: Any) -> "Shown":
        """What some of the members see, by their places."""
        return self._replace(own=self.own[part], feed=self.feed[part])


@dataclass
class View:
    """What the n active members of a step have before them; policies change it in place.

    `rows` are the members' rows, `seen` the posts shown, `focus` (n,) the row of the post attended to.
    `features` and `options` are those of `Situations`.
    """

    rows: np.ndarray
    seen: Shown
    focus: np.ndarray
    features: np.ndarray
    options: np.ndarray
    feature_names: tuple[str, ...]
    action_names: tuple[str, ...]

    def feature(self, name: str) -> np.ndarray:
        """The column of a feature, a view."""
        return self.features[:, self.feature_names.index(name)]

    def withdraw(self, who: np.ndarray, *prefixes: str) -> None:
        """Take the actions whose names begin so off the offer of the members marked in `who` (n,) bool."""
        if who.any():
            self.options[np.ix_(who, named(self.action_names, prefixes))] = False


@lru_cache(maxsize=64)
def named(names: tuple[str, ...], prefixes: tuple[str, ...]) -> np.ndarray:
    """Places of the names that begin with one of these."""
    return np.array([place for place, name in enumerate(names) if name.startswith(prefixes)], int)


class Law(NamedTuple):
    """How attention falls on posts, log scale; see the profile's fields of these names."""

    growth: float
    decay: float
    recency: float = 0.0


def law(profile: Profile) -> Law:
    """The law of attention that the profile has."""
    return Law(profile.attention_growth.value, profile.attention_decay.value, profile.attention_recency.value)


def pull(posts: Posts, now: int, step_hours: float, law: Law) -> np.ndarray:
    """Log of each post's pull on attention: appeal, age, time since the last reply, replies; -inf where not visible.

    An opening post pulls with its thread: with the thread's size and last reply; a reply pulls with its own age alone.
    """
    opening = posts.parent < 0
    age = np.log1p((now - posts.step) * step_hours)
    quiet = np.log1p((now - np.maximum(posts.step, posts.last)) * step_hours)
    strength = posts.appeal - law.decay * age - law.recency * quiet
    strength[opening] += law.growth * np.log1p(np.minimum(posts.size[opening], GROWTH_ENDS))
    strength[posts.state != VISIBLE] = -np.inf
    return strength


def rerank(world: WorldFace, pull: np.ndarray) -> None:
    """Let the forum's policies in force change `pull`, in their written order."""
    for policy in world.acting():
        if isinstance(policy, ForumPolicy):
            policy.rerank(world, pull)


def ranking(posts: Posts, strength: np.ndarray, length: int) -> np.ndarray:
    """Rows of the shared feed, strongest first: opening posts and replies in turn, `length` at most."""
    opening = posts.parent < 0
    best = [_strongest(np.flatnonzero(part), strength, length) for part in (opening, ~opening)]
    half = length // 2
    take = [best[0][: max(length - half, length - len(best[1]))], best[1][: max(half, length - len(best[0]))]]
    merged = np.concatenate(take)
    place = np.concatenate([np.arange(len(rows)) for rows in take])
    return merged[np.lexsort((merged, place))][:length]


def _strongest(rows: np.ndarray, strength: np.ndarray, length: int) -> np.ndarray:
    rows = rows[strength[rows] > -np.inf]
    if len(rows) > length:
        rows = rows[np.argpartition(-strength[rows], length)[:length]]
    return rows[np.lexsort((rows, -strength[rows]))]


def dealt(posts: Posts, strength: np.ndarray, length: int, lots: Lots, count: int) -> np.ndarray:
    """Rows (count, length) of so many feeds, NOTHING where one shows less: each post falls to one of them by its lot.

    Of `count` times as many posts as one feed holds, the strongest, each feed shows its opening posts and its replies, half
    and half.
    """
    if count == 1:
        out = np.full((1, length), NOTHING)
        ranked = ranking(posts, strength, length)
        out[0, : len(ranked)] = ranked
        return out
    opening, half = posts.parent < 0, length // 2
    out = np.full((count, length), NOTHING)
    for part, first, room in ((opening, 0, length - half), (~opening, length - half, half)):
        rows = _strongest(np.flatnonzero(part), strength, room * count)
        feed = (lots(posts.id[rows]) * count).astype(np.int64)
        order = np.argsort(feed, kind="stable")
        rows, feed = rows[order], feed[order]
        place = np.arange(len(rows)) - np.searchsorted(feed, np.arange(count))[feed]
        fits = place < room
        out[feed[fits], first + place[fits]] = rows[fits]
    return out


def balance(posts: Posts, feeds: np.ndarray, strength: np.ndarray, root_share: float) -> np.ndarray:
    """What to add to the pull of replies and of opening posts (feeds, 2) so that in each of the feeds (feeds, m) opening
    posts get `root_share` of the looks; 0 in a feed that has one kind alone.
    """
    there = feeds >= 0
    opening = there & (posts.parent[feeds] < 0)
    value = np.where(there, strength[feeds], -np.inf)
    with np.errstate(divide="ignore"):
        total = [
            np.logaddexp.reduce(np.where(part, value, -np.inf), axis=1)
            for part in (there & ~opening, opening)
        ]
        wanted = np.log([1 - root_share, root_share])
    both = np.isfinite(total[0]) & np.isfinite(total[1])
    return np.stack(
        [
            np.where(both, want - np.where(both, sum_, 0.0), 0.0)
            for want, sum_ in zip(wanted, total, strict=True)
        ],
        axis=1,
    )


def shown(
    feeds: np.ndarray, feed: np.ndarray, own: list[np.ndarray], state: np.ndarray, anyway: Sequence[bool] = ()
) -> Shown:
    """Each member's own items (rows of posts or NOTHING) and the `feeds` (feeds, m), of which each member reads its `feed` (n,).

    An own item that is no longer visible, or that the member's feed shows as well, is dropped; those of the columns
    marked in `anyway` are dropped only where they cannot be seen, or stand in a column before.
    """
    unseen = np.append(state != VISIBLE, True)  # the last one is read for NOTHING
    shown_in = np.full(len(unseen), NOTHING)
    numbers = np.repeat(np.arange(len(feeds)), feeds.shape[1])
    shown_in[feeds.ravel()] = numbers
    shown_in[-1] = NOTHING
    keep = [*anyway, *[False] * (len(own) - len(anyway))]
    columns = [
        np.where(unseen[items] | (False if kept else shown_in[items] == feed), NOTHING, items)
        for items, kept in zip(own, keep, strict=True)
    ]
    for place, column in enumerate(columns):
        for before in columns[:place]:
            column[column == before] = NOTHING
    return Shown(np.column_stack(columns), feeds, feed)


class Attention(NamedTuple):
    """What draws the eyes of n members (`rows`, ascending) among what they see: everything but chance.

    `pull` has one value a post (log), `balance` (feeds, 2) what a feed adds for replies and for opening posts, `own_pull` what
    is added for each column of own items, and `anyway` marks the columns that may hold a member's own post, which nobody
    attends to otherwise.
    """

    rows: np.ndarray
    seen: Shown
    pull: np.ndarray
    balance: np.ndarray
    own_pull: np.ndarray
    anyway: np.ndarray
    posts: Posts
    look: np.ndarray | None = None
    """(n, m): what each place of its feed draws of a member, log, in the stead of `pull` and `balance`; None: those."""


class Dealt(NamedTuple):
    """What everybody has before them at one moment: each post's `pull` (posts,), the `feeds` (feeds, m) and their `balance` (feeds, 2)."""

    pull: np.ndarray
    feeds: np.ndarray
    balance: np.ndarray


def deal(forum: Place, world: Any) -> Dealt:
    """The one law of attention, of a simulated forum and of a record alike: pull, feeds and balance of this moment.

    A law fitted to data replaces this function.
    """
    posts, length, count = forum.posts, forum.settings.feed_items - OWN_PLACES, forum.feeds(world.now)
    strength = pull(posts, world.now, forum.hours, law(forum.profile))
    rerank(world, strength)
    feeds = dealt(posts, strength, length, lambda ids: world.chance("deal", ids), count)
    return Dealt(strength, feeds, balance(posts, feeds, strength, forum.profile.root_share.value))


def attention(forum: Place, world: Any, rows: np.ndarray, own: Sequence[Own], all_see: Dealt) -> Attention:
    """What draws the eyes of members `rows`: their share of what all see, and items of their own."""
    posts, (strength, feeds, balanced) = forum.posts, all_see
    added, anyway = np.array([each.pull for each in own]), np.array([each.anyway for each in own])
    if len(feeds) == 1:
        feed = np.zeros(len(rows), np.int64)
    else:
        feed = (world.chance("feed", forum.members.id[rows]) * len(feeds)).astype(np.int64)
    seen = shown(feeds, feed, [each.items for each in own], posts.state, anyway.tolist())
    look = None if forum.interests is None else forum.interests.orders(rows, seen.common).look
    return Attention(rows, seen, strength, balanced, added, anyway, posts, look)


class _Table(NamedTuple):
    """What stands in the feeds (feeds, m), looked up once: ids, log pulls (-inf where there is nothing) and authors."""

    ids: np.ndarray
    pull: np.ndarray
    author: np.ndarray


def _table(attention: Attention) -> _Table:
    feeds, posts = attention.seen.feeds, attention.posts
    kind = (posts.parent[feeds] < 0).astype(np.int64)
    value = attention.pull[feeds] + np.take_along_axis(attention.balance, kind, axis=1)
    value[feeds < 0] = -np.inf
    return _Table(posts.id[feeds], value, posts.author[feeds])


def attend(attention: Attention, looks: Looks) -> np.ndarray:
    """The one item (n,) that each member attends to: Gumbel-max over pull, with the `looks` of members at posts."""
    table = _table(attention)
    focus = np.empty(len(attention.rows), np.int64)
    for low in range(0, len(focus), _BLOCK):
        part = slice(low, low + _BLOCK)
        focus[part] = _attend(_part(attention, part), table, looks)
    return focus


def scores(attention: Attention) -> np.ndarray:
    """(n, own columns + m): the log pull of what each member sees, own items first; -inf where it cannot attend."""
    nothing = _valued(
        attention, _table(attention), lambda rows, posts: np.zeros((len(rows), posts.shape[-1]))
    )
    return np.column_stack(nothing)


def _part(attention: Attention, part: slice) -> Attention:
    look = None if attention.look is None else attention.look[part]
    return attention._replace(rows=attention.rows[part], seen=attention.seen.of(part), look=look)


def _valued(attention: Attention, table: _Table, looks: Looks) -> tuple[np.ndarray, np.ndarray]:
    """Pull and chance of the own items (n, own columns) and of the feeds (n, m); -inf where not to be attended to."""
    rows, (own, feeds, feed), posts = attention.rows, attention.seen, attention.posts
    if attention.look is not None:
        shared = looks(rows, table.ids[feed])
        shared += attention.look
        shared[table.author[feed] == rows[:, None]] = -np.inf
    elif len(feeds) == 1:
        shared = looks(rows, table.ids[0])
        shared += table.pull[0]
        place = np.minimum(np.searchsorted(rows, table.author[0]), len(rows) - 1) if len(rows) else []
        mine = rows[place] == table.author[0] if len(rows) else []
        shared[np.asarray(place, int)[mine], np.flatnonzero(mine)] = -np.inf
    else:
        shared = looks(rows, table.ids[feed])
        shared += table.pull[feed]
        shared[table.author[feed] == rows[:, None]] = -np.inf
    kind = (posts.parent[own] < 0).astype(np.int64)
    mattered = attention.pull[own] + attention.own_pull + attention.balance[feed[:, None], kind]
    mattered[(own < 0) | ((posts.author[own] == rows[:, None]) & ~attention.anyway)] = -np.inf
    mattered += looks(rows, posts.id[own])
    return mattered, shared


def _attend(attention: Attention, table: _Table, looks: Looks) -> np.ndarray:
    mattered, shared = _valued(attention, table, looks)
    own, feeds, feed = attention.seen
    each = np.arange(len(own))
    best = mattered.argmax(axis=1)
    top, item = mattered[each, best], own[each, best]
    if feeds.shape[1]:
        best = shared.argmax(axis=1)
        value = shared[each, best]
        item = np.where(value > top, feeds[feed, best], item)
        top = np.maximum(top, value)
    return np.where(top == -np.inf, NOTHING, item)


def exposures(seen: Shown, posts: Posts) -> np.ndarray:
    """How many items of each tone each member is shown: (n, 3)."""
    tone = np.where(seen.own < 0, NOTHING, posts.tone[seen.own])
    if not seen.feeds.shape[1]:
        return np.stack([(tone == level).sum(axis=1) for level in range(HOSTILE + 1)], axis=1)
    common = np.where(seen.feeds < 0, NOTHING, posts.tone[seen.feeds])
    return np.stack(
        [
            (tone == level).sum(axis=1) + (common == level).sum(axis=1)[seen.feed]
            for level in range(HOSTILE + 1)
        ],
        axis=1,
    )
