"""What threads and posts have to say to their readers, as the columns of terms that the law's parts weigh."""

import numpy as np

from windtunnel.sim.communities.forum.learned.law import Part, post_terms, thread_terms
from windtunnel.sim.communities.forum.learned.place import Remembered
from windtunnel.sim.communities.forum.learned.sums import weighed


def of_threads(table: Remembered, roots: np.ndarray, now: float) -> np.ndarray:
    """Of threads (rows of their opening posts, (n,)) at an hour: (n, terms), the same for every reader."""
    seen, people = table.seen, table.people
    opener = table.author(roots)
    return thread_terms(
        table.posts.size[roots],
        seen.crowd[roots],
        np.maximum(now - seen.hour[roots], 0.0),
        np.maximum(now - seen.last[roots], 0.0),
        people.unnamed[opener],
        people.acts[opener],
    )


def of_posts(table: Remembered, offered: np.ndarray, latest: np.ndarray, now: float) -> np.ndarray:
    """Of posts (rows, (n,)) at an hour: (n, terms), the same for every reader; `latest` (n,): the last of their threads."""
    posts, people = table.posts, table.people
    author, root = table.author(offered), table.root(offered)
    opening = offered == root
    return post_terms(
        opening,
        posts.replies[offered],
        np.maximum(now - table.seen.hour[offered], 0.0),
        posts.depth[offered],
        latest,
        people.unnamed[author],
        people.acts[author],
        np.maximum(now - people.last[author], 0.0),
        (author == table.author(root)) & ~opening,
    )


def by_first_terms(part: Part, columns: np.ndarray) -> np.ndarray:
    """The linear predictor (n,) of the part's first terms, which are the same for every reader."""
    width = columns.shape[1]
    return weighed(part.coefficients[:width], np.minimum(columns.T, part.caps[:width, None], order="C"))


def by_last_terms(part: Part, columns: np.ndarray) -> np.ndarray:
    """The linear predictor (n,) of the part's last terms, which are one reader's own."""
    width = columns.shape[1]
    return weighed(part.coefficients[-width:], np.minimum(columns.T, part.caps[-width:, None], order="C"))
