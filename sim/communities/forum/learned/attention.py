"""What members of a learned forum attend to: a thread among those in sight, then a post in it, by Gumbel-max.

Whoever comes in a phase is looked at together, in all worlds that stand side by side. What a thread has to say to anybody is taken once a step, and again where somebody
wrote in the last hours; what it has to say to one member alone is added for the few threads that the member wrote in.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from windtunnel.sim import noise
from windtunnel.sim.communities.forum.feed import NOTHING
from windtunnel.sim.communities.forum.learned.columns import (
    by_first_terms,
    by_last_terms,
    of_posts,
    of_threads,
)
from windtunnel.sim.communities.forum.learned.law import FRESH, WINDOW, Law, own_thread_terms
from windtunnel.sim.communities.forum.learned.place import LearnedPlace, Remembered
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


def weigh(
    law: Law, table: Remembered, roots: np.ndarray, now: float, *, new: bool = True, old: bool = True
) -> None:
    """Take anew what these threads have to say to newcomers and to others, log."""
    if not len(roots):
        return
    columns, hot = of_threads(table, roots, now), table.seen.hot[roots]
    if new:
        table.seen.new[roots] = by_first_terms(law.thread_new, columns) + hot
    if old:
        table.seen.old[roots] = by_first_terms(law.thread_old, columns) + hot


class Lookers(NamedTuple):
    """Members who look at threads in one moment, n in all, world by world.

    `of` (n,) is the place of each one's world among `forums`, `keys` (n,) its key (of one world an int), `rows` (n,) the member's row in its world, `ids` (n,)
    its id, and `new` (n,) whether it is a newcomer. `pulls` are what policies draw to posts in each world, log; None: nothing.
    """

    forums: Sequence[LearnedPlace]
    of: np.ndarray
    keys: int | np.ndarray
    rows: np.ndarray
    ids: np.ndarray
    new: np.ndarray
    pulls: Sequence[np.ndarray | None]

    def part(self, places: Any) -> "Lookers":
        """Some of them."""
        return self._replace(
            of=self.of[places],
            keys=self.keys if isinstance(self.keys, int) else self.keys[places],
            rows=self.rows[places],
            ids=self.ids[places],
            new=self.new[places],
        )

    def pull(self, table: Remembered, of: np.ndarray, posts: np.ndarray) -> np.ndarray:
        """What draws the eye to posts (rows, (n,)) of the worlds `of` (n,) beside what the law says."""
        out: np.ndarray = table.posts.appeal[posts]
        for place, pull in enumerate(self.pulls):
            if pull is not None:
                theirs = of == place
                out[theirs] = pull[posts[theirs] - table.begin(self.forums[place])]
        return out


class Sight(NamedTuple):
    """The threads that members of several worlds have in sight: `roots` (m,) world by world, `of` (m,) which world, `first` and `many`
    (worlds,) where each begins and how many it has, and `score` (2, m) what draws others, and newcomers, to them."""

    roots: np.ndarray
    of: np.ndarray
    first: np.ndarray
    many: np.ndarray
    score: np.ndarray


def look(table: Remembered, lookers: Lookers, now: int) -> np.ndarray:
    """The post (n,) that each member answers if it does: a thread, then a post in it; NOTHING where there is none. Rows of `table`."""
    out = np.full(len(lookers.rows), NOTHING, np.int64)
    sight = _sight(table, lookers, now)
    some = np.flatnonzero(sight.many[lookers.of])
    if not len(some):
        return out
    if len(some) < len(out):
        lookers = lookers.part(some)
    out[some] = _post(table, lookers, now, _thread(table, lookers, now, sight))
    return out


def _sight(table: Remembered, lookers: Lookers, now: int) -> Sight:
    forums, posts, seen, law = lookers.forums, table.posts, table.seen, lookers.forums[0].law
    length = [len(forum.open) for forum in forums]
    of = np.repeat(np.arange(len(forums)), length)
    roots = np.concatenate([forum.open + table.begin(forum) for forum in forums])
    there = (posts.state[roots] == VISIBLE) & (posts.locked_until[roots] <= now)
    if not there.all():
        roots, of = roots[there], of[there]
    first = forums[0]
    some = int(np.count_nonzero(lookers.new))
    lively = roots[seen.last[roots] > first.hour - FRESH]
    weigh(law, table, lively, first.now_hour, new=some > 0, old=some < len(lookers.new))
    score = np.array([seen.old[roots], seen.new[roots]])
    score += lookers.pull(table, of, roots)
    seen.place[roots] = np.arange(len(roots))
    many = np.bincount(of, minlength=len(forums))
    return Sight(roots, of, np.cumsum(many) - many, many, score)


def _thread(table: Remembered, lookers: Lookers, now: int, sight: Sight) -> np.ndarray:
    """The thread (n,) that each member looks at."""
    if lookers.forums[0].shelf_count == 1:
        width = sight.many[lookers.of]
        if width.sum() <= CELLS:
            return sight.roots[_among_all(table, lookers, now, sight)]
        parts = np.flatnonzero(np.diff(np.cumsum(width) // CELLS, prepend=-1))
        ends = [*parts[1:].tolist(), len(width)]
        places = [
            _among_all(table, lookers.part(slice(low, high)), now, sight)
            for low, high in zip(parts.tolist(), ends, strict=True)
        ]
    else:
        ends = np.cumsum(np.bincount(lookers.of, minlength=len(lookers.forums))).tolist()
        places = [
            _by_shelf(table, lookers.part(slice(low, high)), now, sight)
            for low, high in pairwise([0, *ends])
            if high > low
        ]
    return sight.roots[places[0] if len(places) == 1 else np.concatenate(places)]


def _among_all(table: Remembered, lookers: Lookers, now: int, sight: Sight) -> np.ndarray:
    """Places (n,) in sight drawn under their scores by addressed Gumbels of member and thread."""
    phase, group = lookers.forums[0].phase, lookers.new.astype(np.int64)
    width = sight.many[lookers.of]
    start = np.cumsum(width) - width
    who = np.repeat(np.arange(len(width)), width)
    shift = sight.first[lookers.of] - start
    place = np.arange(len(who)) + shift[who]
    value = noise.gumbel_of(
        lookers.keys, f"attend {phase}", now, lookers.ids, who, table.posts.id[sight.roots][place]
    )
    value += sight.score[group[who], place]
    whose, theirs, more = _own(table, lookers, sight)
    if len(whose):
        value[theirs - shift[whose]] += more
    return place[_best(value, start, who)]


def _best(value: np.ndarray, start: np.ndarray, who: np.ndarray) -> np.ndarray:
    """Where the largest value of each of n stretches is: they begin at `start` (n,), and `who` (m,) tells which each value is in."""
    if len(start) == 1:
        return np.array([value.argmax()])
    hit = np.flatnonzero(value == np.maximum.reduceat(value, start)[who])
    return np.asarray(hit[np.searchsorted(who[hit], np.arange(len(start)))])


def _by_shelf(table: Remembered, lookers: Lookers, now: int, sight: Sight) -> np.ndarray:
    """The same by shelf, of one world, on which its threads stand in order: a shelf under the sum of what stands on it, then a thread on it."""
    world = int(lookers.of[0])
    begin = int(sight.first[world])
    own = slice(begin, begin + int(sight.many[world]))
    roots, score, phase = sight.roots[own], sight.score[:, own], lookers.forums[0].phase
    group, ids, key = lookers.new.astype(np.int64), lookers.ids, lookers.keys
    on = table.seen.shelf[roots]
    start = np.concatenate([[0], 1 + np.flatnonzero(on[1:] != on[:-1])])
    there, end = on[start], np.append(start[1:], len(roots))
    top = score.max()
    weight = np.exp(score - top)
    total = np.add.reduceat(weight, start, axis=1)[group]
    who, place, more = _own(table, lookers, sight)
    place = place - begin
    shelf = np.searchsorted(there, on[place])
    np.add.at(total, (who, shelf), weight[group[who], place] * np.expm1(more))
    luck = noise.gumbel(key, f"shelf {phase}", now, ids, there)
    taken = (np.log(np.maximum(total, 1e-300)) + luck).argmax(axis=1)
    first, length = start[taken], (end - start)[taken]
    column = np.arange(length.max())
    there_are = column < length[:, None]
    stands = np.minimum(first[:, None] + column, len(roots) - 1)
    value = noise.gumbel(key, f"attend {phase}", now, ids, table.posts.id[roots[stands]])
    value += score[group[:, None], stands]
    mine = np.flatnonzero(shelf == taken[who])
    if len(mine):
        value[who[mine], place[mine] - first[who[mine]]] += more[mine]
    value[~there_are] = -np.inf
    return begin + stands[np.arange(len(ids)), value.argmax(axis=1)]


def _own(table: Remembered, lookers: Lookers, sight: Sight) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who (place among the lookers) has what more (log) to do with which thread (place in sight): those that it wrote in."""
    forums, posts, seen = lookers.forums, table.posts, table.seen
    who: list[int] = []
    inside: list[int] = []
    then: list[int] = []
    told = zip(lookers.of.tolist(), lookers.rows.tolist(), lookers.new.tolist(), strict=True)
    for place, (of, row, newcomer) in enumerate(told):
        threads = {} if newcomer else forums[of].memory.inside.get(row, {})
        who += [place] * len(threads)
        inside += threads.keys()
        then += threads.values()
    if not who:
        nothing = np.empty(0, np.int64)
        return nothing, nothing, np.empty(0)
    whose, size = np.array(who), np.array(then)
    begin = np.array([table.begin(forum) for forum in forums])
    thread = np.array(inside) + begin[lookers.of[whose]]
    out_of_sight = forums[0].hour - WINDOW
    gone = seen.last[thread] < out_of_sight
    if 2 * int(gone.sum()) > len(gone):
        for looker in np.unique(whose[gone]).tolist():
            memory, row = forums[int(lookers.of[looker])].memory, int(lookers.rows[looker])
            memory.inside[row] = {
                root: count
                for root, count in memory.inside[row].items()
                if memory.posts.last[root] >= out_of_sight
            }
    place = seen.place[thread]
    known = (place >= 0) & (place < len(sight.roots))
    known[known] = sight.roots[place[known]] == thread[known]
    whose, thread, size, place = whose[known], thread[known], size[known], place[known]
    if not len(whose):
        return whose, place, np.empty(0)
    terms = own_thread_terms(size, posts.size[thread], posts.author[thread] == lookers.rows[whose])
    return whose, place, by_last_terms(forums[0].law.thread_old, np.array(terms, float).T)


def _post(table: Remembered, lookers: Lookers, now: int, thread: np.ndarray) -> np.ndarray:
    """The post (n,) that each member answers in its thread (n,), if it answers; NOTHING where it has none to answer."""
    posts, forums, law = table.posts, lookers.forums, lookers.forums[0].law
    every: list[int] = []
    count, latest = [], []
    owed: list[int] = []
    begin = np.array([table.begin(forum) for forum in forums])[lookers.of]
    told = zip(lookers.of.tolist(), lookers.rows.tolist(), (thread - begin).tolist(), strict=True)
    for of, row, root in told:
        memory = forums[of].memory
        there = memory.rows.get(root, [root])
        latest.append(there[-1])
        offered = there if len(there) <= LATEST else [root, *there[-LATEST + 1 :]]
        if debts := memory.owing.get(row, {}).get(root):
            not_to = {int(memory.debts.post[debt]) for debt in debts.values()}
            owed += [len(every) + at for at, post in enumerate(offered) if post in not_to]
        every += offered
        count.append(len(offered))
    local, length = np.array(every), np.array(count)
    start = np.cumsum(length) - length
    who = np.repeat(np.arange(len(length)), length)
    offer = local + begin[who]
    author = posts.author[offer]
    columns = of_posts(table, offer, local == np.array(latest)[who], forums[0].now_hour)
    new = lookers.new
    if new.all() or not new.any():
        score = by_first_terms(law.post_new if new[0] else law.post_old, columns)
    else:
        score = np.where(
            new[who], by_first_terms(law.post_new, columns), by_first_terms(law.post_old, columns)
        )
    score += _own_posts(lookers, every, author, start, length)
    score += lookers.pull(table, lookers.of[who], offer)
    score += noise.gumbel_of(
        lookers.keys, f"answer {forums[0].phase}", now, lookers.ids, who, posts.id[offer]
    )
    score[posts.state[offer] != VISIBLE] = -np.inf
    score[owed] = -np.inf
    first = _best(score, start, who)
    return np.where(score[first] > -np.inf, offer[first], NOTHING)


def _own_posts(
    lookers: Lookers, every: list[int], author: np.ndarray, start: np.ndarray, length: np.ndarray
) -> np.ndarray:
    """What each offered post (rows of its world) has to say to its reader alone, log: its own, answered already, by one who has answered it."""
    terms = np.zeros((len(every), 3))
    if lookers.new.all():
        return terms[:, 0]
    by = author.tolist()
    for of, row, newcomer, low, count in zip(
        lookers.of.tolist(),
        lookers.rows.tolist(),
        lookers.new.tolist(),
        start.tolist(),
        length.tolist(),
        strict=True,
    ):
        if newcomer:
            continue
        memory = lookers.forums[of].memory
        mine, known = memory.mine.get(row, ()), memory.answerers.get(row, ())
        if not (mine or known or row in by[low : low + count]):
            continue
        for at in range(low, low + count):
            if by[at] == row:
                terms[at, 0] = 1.0
            elif by[at] in known:
                terms[at, 2] = 1.0
            if every[at] in mine:
                terms[at, 1] = 1.0
    return by_last_terms(lookers.forums[0].law.post_old, terms)
