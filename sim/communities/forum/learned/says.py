"""What the tone law says of the reply that each member could write: two features of its situation."""

from collections.abc import Iterable

import numpy as np

from windtunnel.agents.minds.learned import SAYS
from windtunnel.sim.communities.forum.feed import NOTHING
from windtunnel.sim.communities.forum.learned.law import Law
from windtunnel.sim.communities.forum.learned.place import Remembering


def put_tones(
    forum: Remembering, out: np.ndarray, rows: np.ndarray, focus: np.ndarray, *, as_posted: bool = False
) -> None:
    """Fill the features `SAYS` of `out` (n, features), where the law has tones: log-odds of heat and of hostility against civility."""
    told = tone_odds(forum.law, [(forum, slice(None))], rows, focus, as_posted=as_posted)
    for name, odds in told.items():
        out[:, forum._features.index(name)] = odds


def tone_odds(
    law: Law,
    each: Iterable[tuple[Remembering, slice]],
    rows: np.ndarray,
    focus: np.ndarray,
    *,
    as_posted: bool = False,
) -> dict[str, np.ndarray]:
    """The same of the members and posts (rows, (n,)) of several forums, by feature: `each` forum with its part of them.

    `as_posted`: of replies as they are posted, not of those that moderators left in the record.
    """
    if law.tone is None or not len(rows):
        return {}
    terms = [row for forum, part in each for row in _terms(forum, rows[part], focus[part])]
    found = np.repeat(np.array([law.tone.intercept]), len(rows), axis=0)
    if terms:
        found[focus != NOTHING] = law.tone.log_odds(np.array(terms, float))
    if as_posted:
        found += law.tone.posted
    return dict(zip(SAYS, found.T, strict=True))


def _terms(forum: Remembering, rows: np.ndarray, focus: np.ndarray) -> Iterable[list[float]]:
    """The terms of each member that has something to answer."""
    posts, tones, unnamed = forum.posts.full, forum.memory.tones, forum.memory.people.full.unnamed
    assert tones is not None
    for row, post in zip(rows.tolist(), focus.tolist(), strict=True):
        if post == NOTHING:
            continue
        root, back = posts.thread.item(post), posts.parent.item(post)
        yield tones.terms(
            None if unnamed[row] else row,
            root,
            post,
            posts.depth.item(post),
            posts.size.item(root),
            answers_me=back >= 0 and posts.author.item(back) == row,
            own=posts.author.item(post) == row,
        )
