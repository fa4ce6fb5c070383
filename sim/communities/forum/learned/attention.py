"""What a member of a learned forum attends to: a thread among those in sight, then a post in it, by Gumbel-max."""

from typing import TYPE_CHECKING, Any

import numpy as np

from windtunnel.sim import noise
from windtunnel.sim.communities.forum.feed import NOTHING
from windtunnel.sim.communities.forum.learned.law import linear, own_thread_terms, post_terms, thread_terms
from windtunnel.sim.communities.forum.posts import VISIBLE

if TYPE_CHECKING:
    from windtunnel.sim.communities.forum.learned.forum import LearnedForum

SHELF = 256
"""With more threads in sight than this they stand on shelves, by a hash of their id: first a shelf is drawn, then a thread."""
LATEST = 200
"""Posts of a thread that its reader chooses among: the opening one and the latest."""


def thread_shown(
    forum: "LearnedForum", world: Any, rows: np.ndarray, new: np.ndarray, roots: np.ndarray, pull: np.ndarray
) -> np.ndarray:
    """The thread (n,) that each member looks at, among `roots` (m,); `pull` (posts,) is what policies add."""
    common = {group: _common(forum, roots, pull, group) for group in {*np.where(new, "new", "old").tolist()}}
    shelf = _shelves(forum, roots)
    out = np.empty(len(rows), np.int64)
    for place, row in enumerate(rows.tolist()):
        score = common["new" if new[place] else "old"]
        if not new[place]:
            score = _with_own(forum, row, roots, score)
        out[place] = roots[_drawn(forum, world, row, score, forum.posts.id[roots], shelf)]
    return out


def _common(forum: "LearnedForum", roots: np.ndarray, pull: np.ndarray, group: str) -> np.ndarray:
    """What every member of a group sees in each thread, log."""
    posts, seen, now = forum.posts, forum.memory.posts, forum._now
    age = np.maximum(now - seen.hour[roots], 0.0)
    last = np.maximum(now - seen.last[roots], 0.0)
    people, opener = forum.memory.people, posts.author[roots]
    columns = thread_terms(
        posts.size[roots], seen.crowd[roots], age, last, people.unnamed[opener], people.acts[opener]
    )
    part = forum.law.thread_new if group == "new" else forum.law.thread_old
    width = columns.shape[1]
    return (
        np.minimum(columns, part.caps()[:width]) @ part.coefficients()[:width] + pull[roots] + seen.hot[roots]
    )


def _with_own(forum: "LearnedForum", row: int, roots: np.ndarray, score: np.ndarray) -> np.ndarray:
    """The scores with what the member has to do with the threads that it wrote in."""
    inside = forum.memory.inside.get(row)
    if not inside:
        return score
    places = np.searchsorted(roots, list(inside))
    known = [
        (place, then)
        for place, (root, then) in zip(places.tolist(), inside.items(), strict=True)
        if place < len(roots) and roots[place] == root
    ]
    if not known:
        return score
    at, then = np.array(known).T
    terms = own_thread_terms(then, forum.posts.size[roots[at]], forum.posts.author[roots[at]] == row)
    part, width = forum.law.thread_old, len(terms)
    out = score.copy()
    out[at] += np.minimum(np.column_stack(terms), part.caps()[-width:]) @ part.coefficients()[-width:]
    return out


def _shelves(forum: "LearnedForum", roots: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Places of the threads shelf by shelf and where each shelf begins; None where they are few for the place's size.

    How many shelves there are depends on the community's size alone, so that twins have the same.
    """
    count = int(forum.settings.size * forum.shelf_share / SHELF)
    if count < 2:
        return None
    on = (noise.pair(forum.posts.id[roots], np.zeros(len(roots), np.int64)) % np.uint64(count)).astype(
        np.int64
    )
    order = np.argsort(on, kind="stable")
    return order, np.searchsorted(on[order], np.arange(count + 1))


def _drawn(
    forum: "LearnedForum", world: Any, row: int, score: np.ndarray, ids: np.ndarray, shelf: Any
) -> int:
    """The place drawn under scores (m,); chance is addressed by member and post, and by member and shelf."""
    who, purpose = forum.members.id[[row]], f"attend {forum._phase}"
    if shelf is None:
        return int((score + noise.gumbel(world.key, purpose, world.now, who, ids)[0]).argmax())
    order, start = shelf
    there = np.flatnonzero(np.diff(start) > 0)
    total = np.logaddexp.reduceat(score[order], start[:-1][there])
    taken = there[
        (total + noise.gumbel(world.key, f"shelf {forum._phase}", world.now, who, there)[0]).argmax()
    ]
    part = order[start[taken] : start[taken + 1]]
    return int(part[(score[part] + noise.gumbel(world.key, purpose, world.now, who, ids[part])[0]).argmax()])


def post_shown(
    forum: "LearnedForum", world: Any, rows: np.ndarray, new: np.ndarray, thread: np.ndarray, pull: np.ndarray
) -> np.ndarray:
    """The post (n,) that each member answers in its thread (n,), if it answers; NOTHING where it has none to answer."""
    posts, memory, now = forum.posts, forum.memory, forum._now
    out = np.full(len(rows), NOTHING, np.int64)
    for place, (row, root) in enumerate(zip(rows.tolist(), thread.tolist(), strict=True)):
        every = memory.rows.get(root, [root])
        offered = np.array(every if len(every) <= LATEST else [root, *every[-LATEST + 1 :]])
        there = posts.state[offered] == VISIBLE
        owed = [memory.debts.post[debt] for (_, at), debt in memory.owing.get(row, {}).items() if at == root]
        if owed:
            there &= ~np.isin(offered, owed)
        offered = offered[there]
        if not len(offered):
            continue
        age = np.maximum(now - memory.posts.hour[offered], 0.0)
        authors = posts.author[offered]
        columns = post_terms(
            offered == root,
            posts.replies[offered],
            age,
            posts.depth[offered],
            offered == every[-1],
            memory.people.unnamed[authors],
            memory.people.acts[authors],
            np.maximum(now - memory.people.last[authors], 0.0),
            (authors == posts.author[root]) & (offered != root),
        )
        part = forum.law.post_new
        if not new[place]:
            part = forum.law.post_old
            mine = memory.mine.get(row, ())
            answered = [post in mine for post in offered.tolist()]
            met = [memory.met.get((other, row), 0) > 0 for other in authors.tolist()]
            columns = np.column_stack([columns, authors == row, answered, met])
        score = linear(part, columns) + pull[offered]
        luck = noise.gumbel(
            world.key, f"answer {forum._phase}", world.now, forum.members.id[[row]], posts.id[offered]
        )[0]
        out[place] = offered[int((score + luck).argmax())]
    return out
