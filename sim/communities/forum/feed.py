"""What members see: one shared ranking a step, each member's own items, and which one draws the eye."""

from dataclasses import dataclass

import numpy as np

from sim import noise
from sim.communities.forum.posts import HOSTILE, VISIBLE, Posts
from sim.members import Members

NOTHING = -1
"""In place of a post's row: the member found nothing to look at."""


@dataclass
class View:
    """What the n active members of a step have before them; policies change it in place.

    `rows` are the members' rows, `items` (n, k) the rows of posts shown (NOTHING where fewer), `focus` (n,)
    the one attended to. `features` and `options` are those of `Situations`.
    """

    rows: np.ndarray
    items: np.ndarray
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


def shown(feed: np.ndarray, own: list[np.ndarray], length: int, state: np.ndarray) -> np.ndarray:
    """Items (n, k): each member's own items (rows of posts or NOTHING) first, then the shared feed.

    An own item that is no longer visible, or that the shared part shows anyway, is dropped.
    """
    common = feed[: max(length - len(own), 0)]
    columns = []
    for items in own:
        gone = (items < 0) | (state[items] != VISIBLE) | np.isin(items, common)
        columns.append(np.where(gone, NOTHING, items))
    if len(columns) == 2:
        columns[1][columns[1] == columns[0]] = NOTHING
    shared = np.broadcast_to(common, (len(columns[0]), len(common)))
    return np.column_stack([*columns, shared])


def attend(
    key: int,
    step: int,
    members: Members,
    rows: np.ndarray,
    items: np.ndarray,
    weights: np.ndarray,
    posts: Posts,
) -> np.ndarray:
    """The one item (n,) that each member attends to: Gumbel-max over `weights` (n, k), noise by post id."""
    if not items.shape[1]:
        return np.full(len(rows), NOTHING)
    weights = np.where((items < 0) | (posts.author[items] == rows[:, None]), -np.inf, weights)
    luck = noise.gumbel(key, "attend", step, members.id[rows], posts.id[items])
    luck += weights
    best = luck.argmax(axis=1)
    each = np.arange(len(rows))
    return np.where(luck[each, best] == -np.inf, NOTHING, items[each, best])


def exposures(items: np.ndarray, posts: Posts) -> np.ndarray:
    """How many items of each tone each member is shown: (n, 3)."""
    tone = np.where(items < 0, -1, posts.tone[items])
    return np.stack([(tone == level).sum(axis=1) for level in range(HOSTILE + 1)], axis=1)
