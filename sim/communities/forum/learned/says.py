"""What the tone law says of the reply that each member could write: two features of its situation."""

import numpy as np

from windtunnel.agents.minds.learned import SAYS
from windtunnel.sim.communities.forum.feed import NOTHING
from windtunnel.sim.communities.forum.learned.place import Remembering


def put_tones(
    forum: Remembering, out: np.ndarray, rows: np.ndarray, focus: np.ndarray, *, as_posted: bool
) -> None:
    """Fill the features `SAYS` of `out` (n, features), where the law has tones: log-odds of heat and of hostility against civility.

    `as_posted`: of replies as they are posted, not of those that moderators left in the record.
    """
    law, tones, posts = forum.law.tone, forum.memory.tones, forum.posts
    if law is None or tones is None or not len(rows):
        return
    unnamed = forum.memory.people.unnamed
    terms, answers = [], np.flatnonzero(focus != NOTHING)
    for row, post in zip(rows[answers].tolist(), focus[answers].tolist(), strict=True):
        root, back = int(posts.thread[post]), int(posts.parent[post])
        terms.append(
            tones.terms(
                None if unnamed[row] else row,
                root,
                post,
                int(posts.depth[post]),
                int(posts.size[root]),
                answers_me=back >= 0 and int(posts.author[back]) == row,
                own=int(posts.author[post]) == row,
            )
        )
    found = law.log_odds(np.array(terms)) if terms else np.empty((0, len(SAYS)))
    for column, name in enumerate(SAYS):
        place = forum._features.index(name)
        more = law.posted[column] if as_posted else 0.0
        out[:, place] = law.intercept[column] + more
        out[answers, place] = found[:, column] + more
