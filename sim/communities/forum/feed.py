"""What members see: one shared ranking a step, each member's own items, and which one draws the eye."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from windtunnel.policies.base import WorldFace
from windtunnel.policies.forum.forum_policy import ForumPolicy
from windtunnel.sim.communities.forum.posts import HOSTILE, VISIBLE, Posts

if TYPE_CHECKING:
    from windtunnel.sim.communities.forum.forum import Forum

NOTHING = -1
"""In place of a post's row: the member found nothing to look at."""

OWN_PLACES = 2
"""Places of the feed that are kept for a member's own items."""
Looks = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""The Gumbels (n, m) with which members (rows, (n,)) look at posts (ids, (m,) or (n, m))."""

_BLOCK = 1 << 11  # members a pass works on: what a feed of them takes stays in the processor's cache


class Own(NamedTuple):
    """One item for each of n members (rows of posts, NOTHING where there is none) and what is added to its pull.

    `anyway`: it may be the member's own post.
    """

    items: np.ndarray
    pull: float = 0.0
    anyway: bool = False


class Shown(NamedTuple):
    """Rows of the posts that n members see: `own` (n, columns), NOTHING where there is none, and `common` (m,) to all."""

    own: np.ndarray
    common: np.ndarray

    def items(self) -> np.ndarray:
        """(n, columns + m): what each member sees, own items first."""
        return np.column_stack([self.own, np.broadcast_to(self.common, (len(self.own), len(self.common)))])


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
        self.options[np.ix_(who, _named(self.action_names, prefixes))] = False


@lru_cache(maxsize=64)
def _named(names: tuple[str, ...], prefixes: tuple[str, ...]) -> np.ndarray:
    """Places of the names that begin with one of these."""
    return np.array([place for place, name in enumerate(names) if name.startswith(prefixes)], int)


def pull(posts: Posts, now: int, step_hours: float, growth: float, decay: float) -> np.ndarray:
    """Log of each post's pull on attention: appeal, replies so far and age; -inf where not visible.

    A thread's opening post pulls with the thread's size, another post with its own replies.
    """
    replies = np.where(posts.parent < 0, posts.size, posts.replies)
    age = (now - posts.step) * step_hours
    strength = posts.appeal + growth * np.log1p(replies) - decay * np.log1p(age)
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


def balance(posts: Posts, feed: np.ndarray, strength: np.ndarray, root_share: float) -> tuple[float, float]:
    """What to add to the pull of replies and of opening posts so that opening posts get `root_share` of looks."""
    opening = posts.parent[feed] < 0
    if opening.all() or not opening.any():
        return 0.0, 0.0
    total = [np.logaddexp.reduce(strength[feed[part]]) for part in (~opening, opening)]
    return float(np.log1p(-root_share) - total[0]), float(np.log(root_share) - total[1])


def shown(
    feed: np.ndarray, own: list[np.ndarray], length: int, state: np.ndarray, anyway: Sequence[bool] = ()
) -> Shown:
    """Each member's own items (rows of posts or NOTHING) and the shared feed, `length` together at most.

    An own item that is no longer visible, or that the shared part shows as well, is dropped; those of the columns
    marked in `anyway` are dropped only where they cannot be seen, or stand in a column before.
    """
    common = feed[: max(length - len(own), 0)]
    unseen = np.append(state != VISIBLE, True)  # the last one is read for NOTHING
    dropped = unseen.copy()
    dropped[common] = True
    keep = [*anyway, *[False] * (len(own) - len(anyway))]
    columns = [
        np.where((unseen if kept else dropped)[items], NOTHING, items)
        for items, kept in zip(own, keep, strict=True)
    ]
    for place, column in enumerate(columns):
        for before in columns[:place]:
            column[column == before] = NOTHING
    return Shown(np.column_stack(columns), common)


class Attention(NamedTuple):
    """What draws the eyes of n members (`rows`, ascending) among what they see: everything but chance.

    `pull` has one value a post (log), `own_pull` what is added for each column of own items, and `anyway` marks the
    columns that may hold a member's own post, which nobody attends to otherwise.
    """

    rows: np.ndarray
    seen: Shown
    pull: np.ndarray
    own_pull: np.ndarray
    anyway: np.ndarray
    posts: Posts


def attention(forum: "Forum", world: Any, rows: np.ndarray, own: Sequence[Own]) -> Attention:
    """The one law of attention, of a simulated forum and of a record alike: pull, feed, balance and own items.

    A law fitted to data replaces this function.
    """
    posts, profile, length = forum.posts, forum.profile, forum.settings.feed_items
    strength = pull(
        posts, world.now, forum.hours, profile.attention_growth.value, profile.attention_decay.value
    )
    rerank(world, strength)
    ranked = ranking(posts, strength, length)
    reply, root = balance(posts, ranked, strength, profile.root_share.value)
    strength += np.where(posts.parent < 0, root, reply)
    added, anyway = np.array([each.pull for each in own]), np.array([each.anyway for each in own])
    items = [each.items for each in own]
    seen = shown(ranked, items, length - OWN_PLACES + len(own), posts.state, anyway.tolist())
    return Attention(rows, seen, strength, added, anyway, posts)


def attend(attention: Attention, looks: Looks) -> np.ndarray:
    """The one item (n,) that each member attends to: Gumbel-max over pull, with the `looks` of members at posts."""
    focus = np.empty(len(attention.rows), np.int64)
    for low in range(0, len(focus), _BLOCK):
        part = slice(low, low + _BLOCK)
        focus[part] = _attend(_part(attention, part), looks)
    return focus


def scores(attention: Attention) -> np.ndarray:
    """(n, own columns + m): the log pull of what each member sees, own items first; -inf where it cannot attend."""
    return np.column_stack(_valued(attention, lambda rows, posts: np.zeros((len(rows), posts.shape[-1]))))


def _part(attention: Attention, part: slice) -> Attention:
    seen = attention.seen
    return attention._replace(rows=attention.rows[part], seen=Shown(seen.own[part], seen.common))


def _valued(attention: Attention, looks: Looks) -> tuple[np.ndarray, np.ndarray]:
    """Pull and chance of the own items (n, own columns) and of the shared feed (n, m); -inf where not to be attended to."""
    rows, (own, common), posts = attention.rows, attention.seen, attention.posts
    shared = looks(rows, posts.id[common])
    shared += attention.pull[common]
    if len(rows):
        author = posts.author[common]
        place = np.minimum(np.searchsorted(rows, author), len(rows) - 1)
        mine = rows[place] == author
        shared[place[mine], np.flatnonzero(mine)] = -np.inf
    mattered = attention.pull[own] + attention.own_pull
    mattered[(own < 0) | ((posts.author[own] == rows[:, None]) & ~attention.anyway)] = -np.inf
    mattered += looks(rows, posts.id[own])
    return mattered, shared


def _attend(attention: Attention, looks: Looks) -> np.ndarray:
    mattered, shared = _valued(attention, looks)
    own, common = attention.seen
    each = np.arange(len(own))
    best = mattered.argmax(axis=1)
    top, item = mattered[each, best], own[each, best]
    if len(common):
        best = shared.argmax(axis=1)
        value = shared[each, best]
        item = np.where(value > top, common[best], item)
        top = np.maximum(top, value)
    return np.where(top == -np.inf, NOTHING, item)


def exposures(seen: Shown, posts: Posts) -> np.ndarray:
    """How many items of each tone each member is shown: (n, 3)."""
    tone = np.where(seen.own < 0, NOTHING, posts.tone[seen.own])
    common = posts.tone[seen.common]
    return np.stack(
        [(tone == level).sum(axis=1) + (common == level).sum() for level in range(HOSTILE + 1)], axis=1
    )
