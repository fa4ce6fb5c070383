"""What members see: one shared ranking a step, each member's own items, and which one draws the eye."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from windtunnel.policies.base import WorldFace
from windtunnel.policies.forum.forum_policy import ForumPolicy
from windtunnel.sim import noise
from windtunnel.sim.communities.forum.posts import HOSTILE, VISIBLE, Posts

NOTHING = -1
"""In place of a post's row: the member found nothing to look at."""


_BLOCK = 1 << 11  # members a pass works on: what a feed of them takes stays in the processor's cache


class Shown(NamedTuple):
    """Rows of the posts that n members see: `own` (n, 2), NOTHING where there is none, and `common` (m,) to all."""

    own: np.ndarray
    common: np.ndarray

    def items(self) -> np.ndarray:
        """(n, 2 + m): what each member sees, own items first."""
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
        columns = [i for i, name in enumerate(self.action_names) if name.startswith(prefixes)]
        self.options[np.ix_(who, np.array(columns, int))] = False


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


def shown(feed: np.ndarray, own: list[np.ndarray], length: int, state: np.ndarray) -> Shown:
    """Each member's own items (rows of posts or NOTHING) and the shared feed, `length` together at most.

    An own item that is no longer visible, or that the shared part shows anyway, is dropped.
    """
    common = feed[: max(length - len(own), 0)]
    dropped = np.append(state != VISIBLE, True)  # the last one is read for NOTHING
    dropped[common] = True
    columns = [np.where(dropped[items], NOTHING, items) for items in own]
    columns[1][columns[1] == columns[0]] = NOTHING
    return Shown(np.column_stack(columns), common)


def attend(
    key: int,
    step: int,
    ids: np.ndarray,
    rows: np.ndarray,
    seen: Shown,
    pull: np.ndarray,
    own_pull: np.ndarray,
    posts: Posts,
) -> np.ndarray:
    """The one item (n,) that each member attends to: Gumbel-max over pull, noise by member and post id.

    `pull` has one value a post, `own_pull` what is added for each column of own items. Members (`ids`, in
    ascending `rows`) do not attend to their own posts.
    """
    focus = np.empty(len(rows), np.int64)
    for low in range(0, len(rows), _BLOCK):
        part = slice(low, low + _BLOCK)
        focus[part] = _attend(
            key, step, ids[part], rows[part], seen.own[part], seen.common, pull, own_pull, posts
        )
    return focus


def _attend(
    key: int,
    step: int,
    ids: np.ndarray,
    rows: np.ndarray,
    own: np.ndarray,
    common: np.ndarray,
    pull: np.ndarray,
    own_pull: np.ndarray,
    posts: Posts,
) -> np.ndarray:
    each = np.arange(len(rows))
    shared = noise.gumbel(key, "attend", step, ids, posts.id[common])
    shared += pull[common]
    author = posts.author[common]
    place = np.minimum(np.searchsorted(rows, author), len(rows) - 1)
    mine = rows[place] == author
    shared[place[mine], np.flatnonzero(mine)] = -np.inf
    mattered = pull[own] + own_pull
    mattered[(own < 0) | (posts.author[own] == rows[:, None])] = -np.inf
    mattered += noise.gumbel(key, "attend", step, ids, posts.id[own])
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
