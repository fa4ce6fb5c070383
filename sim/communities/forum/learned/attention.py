"""What members of a learned forum attend to: a thread among those in sight, then a post in it, by Gumbel-max.

Whoever comes in a phase is looked at together. What a thread has to say to anybody is taken once a step, and again where somebody
wrote in the last hours; what it has to say to one member alone is added for the few threads that the member wrote in.
"""

from typing import Any

import numpy as np

from windtunnel.sim import noise
from windtunnel.sim.communities.forum.feed import NOTHING
from windtunnel.sim.communities.forum.learned.columns import (
    by_first_terms,
    by_last_terms,
    of_posts,
    of_threads,
)
from windtunnel.sim.communities.forum.learned.law import FRESH, WINDOW, own_thread_terms
from windtunnel.sim.communities.forum.learned.place import LearnedPlace
from windtunnel.sim.communities.forum.posts import VISIBLE

SHELF, LEAST_SHELVES = 256, 4
"""Where there are enough threads for so many shelves of this length, they stand there by a hash of their id: first a shelf is
drawn, then a thread on it."""
LATEST = 200
"""Posts of a thread that its reader chooses among: the opening one and the latest."""
CELLS = 1 << 20
"""Members times threads that are scored at once."""


def shelves(forum: LearnedPlace) -> int:
    """How many shelves there are: by the community's size alone, so that twins have the same."""
    count = int(forum.settings.size * forum.shelf_share / SHELF)
    return count if count >= LEAST_SHELVES else 1


def put_up(forum: LearnedPlace, roots: np.ndarray) -> None:
    """Give threads their shelves."""
    count = forum.shelf_count
    if count > 1:
        on = noise.pair(forum.posts.id[roots], np.zeros(len(roots), np.int64)) % np.uint64(count)
        forum.memory.posts.shelf[roots] = on.astype(np.int32)


def in_order(forum: LearnedPlace, roots: np.ndarray) -> np.ndarray:
    """Threads shelf by shelf, in their order on each."""
    if forum.shelf_count == 1:
        return roots
    return roots[np.argsort(forum.memory.posts.shelf[roots], kind="stable")]


def weigh(forum: LearnedPlace, roots: np.ndarray, *, new: bool = True, old: bool = True) -> None:
    """Take anew what these threads have to say to newcomers and to others, log."""
    if not len(roots):
        return
    seen, law = forum.memory.posts, forum.law
    columns, hot = of_threads(forum.posts, forum.memory, roots, forum.now_hour), seen.hot[roots]
    if new:
        seen.new[roots] = by_first_terms(law.thread_new, columns) + hot
    if old:
        seen.old[roots] = by_first_terms(law.thread_old, columns) + hot


def lively_threads(forum: LearnedPlace, roots: np.ndarray) -> np.ndarray:
    """Those in which somebody wrote within the last hours."""
    return roots[forum.memory.posts.last[roots] > forum.hour - FRESH]


def thread_shown(
    forum: LearnedPlace,
    world: Any,
    rows: np.ndarray,
    new: np.ndarray,
    roots: np.ndarray,
    pull: np.ndarray | None,
) -> np.ndarray:
    """The thread (n,) that each member looks at, among `roots` (m,); `pull` (posts,) is what policies add."""
    group, some = new.astype(np.int64), int(np.count_nonzero(new))
    weigh(forum, lively_threads(forum, roots), new=some > 0, old=some < len(new))
    seen = forum.memory.posts
    score = np.array([seen.old[roots], seen.new[roots]])
    score += (forum.posts.appeal if pull is None else pull)[roots]
    seen.place[roots] = np.arange(len(roots))
    if forum.shelf_count > 1:
        return roots[_by_shelf(forum, world, rows, group, roots, score)]
    step = max(1, CELLS // len(roots))
    places = [
        _among_all(forum, world, rows[low : low + step], group[low : low + step], roots, score)
        for low in range(0, len(rows), step)
    ]
    return roots[places[0] if len(places) == 1 else np.concatenate(places)]


def _among_all(
    forum: LearnedPlace,
    world: Any,
    rows: np.ndarray,
    group: np.ndarray,
    roots: np.ndarray,
    score: np.ndarray,
) -> np.ndarray:
    """Places (n,) drawn under scores (2, m) by addressed Gumbels of member and thread."""
    value = noise.gumbel(
        world.key, f"attend {forum.phase}", world.now, forum.members.id[rows], forum.posts.id[roots]
    )
    value += score[group]
    who, place, more = _own(forum, rows, group, roots)
    if len(who):
        value[who, place] += more
    return value.argmax(axis=1)


def _by_shelf(
    forum: LearnedPlace,
    world: Any,
    rows: np.ndarray,
    group: np.ndarray,
    roots: np.ndarray,
    score: np.ndarray,
) -> np.ndarray:
    """The same by shelf, on which `roots` stand in order: a shelf under the sum of what stands on it, then a thread on it."""
    on = forum.memory.posts.shelf[roots]
    start = np.concatenate([[0], 1 + np.flatnonzero(on[1:] != on[:-1])])
    there, end = on[start], np.append(start[1:], len(roots))
    top = score.max()
    weight = np.exp(score - top)
    total = np.add.reduceat(weight, start, axis=1)[group]
    who, place, more = _own(forum, rows, group, roots)
    shelf = np.searchsorted(there, on[place])
    np.add.at(total, (who, shelf), weight[group[who], place] * np.expm1(more))
    ids = forum.members.id[rows]
    luck = noise.gumbel(world.key, f"shelf {forum.phase}", world.now, ids, there)
    taken = (np.log(np.maximum(total, 1e-300)) + luck).argmax(axis=1)
    first, length = start[taken], (end - start)[taken]
    column = np.arange(length.max())
    there_are = column < length[:, None]
    stands = np.minimum(first[:, None] + column, len(roots) - 1)
    value = noise.gumbel(world.key, f"attend {forum.phase}", world.now, ids, forum.posts.id[roots[stands]])
    value += score[group[:, None], stands]
    mine = np.flatnonzero(shelf == taken[who])
    if len(mine):
        value[who[mine], place[mine] - first[who[mine]]] += more[mine]
    value[~there_are] = -np.inf
    return stands[np.arange(len(rows)), value.argmax(axis=1)]


def _own(
    forum: LearnedPlace, rows: np.ndarray, group: np.ndarray, roots: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who (place in `rows`) has what more (log) to do with which thread (place in `roots`): those that it wrote in."""
    memory, posts = forum.memory, forum.posts
    who: list[int] = []
    inside: list[int] = []
    then: list[int] = []
    for place, (row, newcomer) in enumerate(zip(rows.tolist(), group.tolist(), strict=True)):
        threads = {} if newcomer else memory.inside.get(row, {})
        who += [place] * len(threads)
        inside += threads.keys()
        then += threads.values()
    if not who:
        nothing = np.empty(0, np.int64)
        return nothing, nothing, np.empty(0)
    whose, thread, size = np.array(who), np.array(inside), np.array(then)
    gone = memory.posts.last[thread] < forum.hour - WINDOW
    if 2 * int(gone.sum()) > len(gone):
        for row in rows[np.unique(whose[gone])].tolist():
            memory.inside[row] = {
                root: count
                for root, count in memory.inside[row].items()
                if memory.posts.last[root] >= forum.hour - WINDOW
            }
    place = memory.posts.place[thread]
    known = (place >= 0) & (place < len(roots))
    known[known] = roots[place[known]] == thread[known]
    whose, thread, size, place = whose[known], thread[known], size[known], place[known]
    if not len(whose):
        return whose, place, np.empty(0)
    terms = own_thread_terms(size, posts.size[thread], posts.author[thread] == rows[whose])
    return whose, place, by_last_terms(forum.law.thread_old, np.array(terms, float).T)


def post_shown(
    forum: LearnedPlace,
    world: Any,
    rows: np.ndarray,
    new: np.ndarray,
    thread: np.ndarray,
    pull: np.ndarray | None,
) -> np.ndarray:
    """The post (n,) that each member answers in its thread (n,), if it answers; NOTHING where it has none to answer."""
    posts, memory = forum.posts, forum.memory
    every: list[int] = []
    count, latest = [], []
    owed: list[int] = []
    for row, root in zip(rows.tolist(), thread.tolist(), strict=True):
        there = memory.rows.get(root, [root])
        latest.append(there[-1])
        offered = there if len(there) <= LATEST else [root, *there[-LATEST + 1 :]]
        if debts := memory.owing.get(row, {}).get(root):
            not_to = {int(memory.debts.post[debt]) for debt in debts.values()}
            owed += [len(every) + at for at, post in enumerate(offered) if post in not_to]
        every += offered
        count.append(len(offered))
    offer, length = np.array(every), np.array(count)
    start = np.cumsum(length) - length
    who = np.repeat(np.arange(len(rows)), length)
    columns = of_posts(posts, memory, offer, offer == np.array(latest)[who], forum.now_hour)
    law = forum.law
    if new.all() or not new.any():
        score = by_first_terms(law.post_new if new[0] else law.post_old, columns)
    else:
        score = np.where(
            new[who], by_first_terms(law.post_new, columns), by_first_terms(law.post_old, columns)
        )
    score += _own_posts(forum, rows, new, every, posts.author[offer], start, length)
    score += (posts.appeal if pull is None else pull)[offer]
    score += noise.gumbel(
        world.key, f"answer {forum.phase}", world.now, forum.members.id[rows][who], posts.id[offer][:, None]
    )[:, 0]
    score[posts.state[offer] != VISIBLE] = -np.inf
    score[owed] = -np.inf
    best = np.maximum.reduceat(score, start)
    hit = np.flatnonzero(score == best[who])
    first = hit[np.searchsorted(who[hit], np.arange(len(rows)))]
    return np.where(best > -np.inf, offer[first], NOTHING)


def _own_posts(
    forum: LearnedPlace,
    rows: np.ndarray,
    new: np.ndarray,
    every: list[int],
    author: np.ndarray,
    start: np.ndarray,
    length: np.ndarray,
) -> np.ndarray:
    """What each offered post has to say to its reader alone, log: its own, answered already, by one who has answered it."""
    memory = forum.memory
    terms = np.zeros((len(every), 3))
    if new.all():
        return terms[:, 0]
    by = author.tolist()
    for row, newcomer, low, count in zip(
        rows.tolist(), new.tolist(), start.tolist(), length.tolist(), strict=True
    ):
        if newcomer:
            continue
        mine, known = memory.mine.get(row, ()), memory.answerers.get(row, ())
        if not (mine or known or row in by):
            continue
        for at in range(low, low + count):
            if by[at] == row:
                terms[at, 0] = 1.0
            elif by[at] in known:
                terms[at, 2] = 1.0
            if every[at] in mine:
                terms[at, 1] = 1.0
    return by_last_terms(forum.law.post_old, terms)
