"""A record whose members follow the law that was learned from it: who comes, to pay which debt or to look at which thread and post.

Rates and choices are those of a learned forum; a tick of the record takes the place of a phase. A member comes for the first of its
debts, or for anything else, whichever lot comes first (`arrivals`), and then looks into a thread and at a post in it, as in a simulation, by one
Gumbel each: so what the record says of its luck can be inferred. So is the lasting hotness of the thread that is lived again, from who chose it and who chose another (`heat`); other
threads are as hot as all.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

from windtunnel.agents.situation import Scene
from windtunnel.sim import noise
from windtunnel.sim.communities.forum import feed
from windtunnel.sim.communities.forum.feed import NOTHING, Looks, Shown, View
from windtunnel.sim.communities.forum.learned.arrivals import NOT_TOUCHED, OTHER
from windtunnel.sim.communities.forum.learned.attention import LATEST
from windtunnel.sim.communities.forum.learned.columns import (
    by_first_terms,
    by_last_terms,
    of_posts,
    of_threads,
)
from windtunnel.sim.communities.forum.learned.heat import Heat, log_hotness
from windtunnel.sim.communities.forum.learned.law import WINDOW, Law, own_thread_terms
from windtunnel.sim.communities.forum.learned.memory import Memory
from windtunnel.sim.communities.forum.learned.offered import Offered
from windtunnel.sim.communities.forum.learned.place import Alone
from windtunnel.sim.communities.forum.learned.recorded_coming import RecordedComing
from windtunnel.sim.communities.forum.learned.remembered import NO_HISTORY, History
from windtunnel.sim.communities.forum.learned.says import put_tones
from windtunnel.sim.communities.forum.learned.strangers import chance_unnamed
from windtunnel.sim.communities.forum.posts import VISIBLE
from windtunnel.sim.communities.forum.profile import Profile
from windtunnel.sim.communities.forum.record import Choice, Words
from windtunnel.sim.communities.forum.settings import Settings
from windtunnel.sim.communities.forum.ticks import UNKNOWN, Record
from windtunnel.sim.communities.forum.traits import ForumMembers
from windtunnel.sim.noise_key import NoiseKey

SURE = 30.0
"""Log-odds that stand for certainty."""
UNSEEN = -25.0
"""Log weight of a post that was answered although the law has it out of sight."""


class FittedAttention(NamedTuple):
    """What may draw the members (`rows` (n,), ascending): `owed` (n,) is the post for which each came, NOTHING where it came for anything else;
    then `threads` are those in sight (rows of their opening posts, (m,) each) with their log scores, and `posts` gives of a member and a
    thread (rows) the posts in it with theirs."""

    rows: np.ndarray
    owed: np.ndarray
    threads: Sequence[np.ndarray]
    score: Sequence[np.ndarray]
    posts: Callable[[int, int], tuple[np.ndarray, np.ndarray]]

    @property
    def seen(self) -> Shown:
        return Shown.alone(np.empty((len(self.rows), 0), np.int64))


def _with_what_came(some: np.ndarray, score: np.ndarray, taken: int) -> tuple[np.ndarray, np.ndarray]:
    """These threads, or posts (rows), and their log scores, with the one that was taken although the law has it out of sight."""
    if np.isfinite(score[some == taken]).any():
        return some, score
    return np.append(some, taken), np.append(score, UNSEEN)


class LearnedRecordForum(RecordedComing):
    """The forum of a record with learned members; `pace` scales how often they come for anything but a debt."""

    def __init__(
        self,
        scene: Scene,
        profile: Profile,
        settings: Settings,
        members: ForumMembers,
        record: Record,
        law: Law,
        *,
        luck: NoiseKey,
        words: Words | None = None,
        history: History = NO_HISTORY,
        pace: float = 1.0,
        draws: dict[str, float] | None = None,
        heat: Heat | None = None,
        unnamed: np.ndarray | None = None,
    ) -> None:
        """`heat` is what was inferred of the hotness of the record's own thread; without it the thread is as hot as all. `unnamed`: bool
        (members,), whose names the record lacks.
        """
        self.law, self.history, self.pace, self.draws = law, history, pace, draws or {}
        self.own_id = int(record.post_ids()[0])
        self.watch = None
        self.heat = heat
        self.hot = 0.0 if heat is None else log_hotness(heat, luck, self.own_id)
        self.memory = Memory(law, len(members))
        self.memory.people.unnamed[:] = np.arange(len(members)) == UNKNOWN if unnamed is None else unnamed
        self._unread = set()
        self._coming = None
        self._addresses = np.empty(0, np.uint64)
        self._touched = np.full(len(members), NOT_TOUCHED)
        self._cause = np.full(len(members), OTHER)
        self._odds = np.empty(0)
        super().__init__(scene, profile, settings, members, record, luck=luck, words=words)
        self.memory.touched.clear()
        new = self.memory.people.acts == 0
        new[UNKNOWN] = False
        self.strangers = max(int(new.sum()), 1)
        new[record.author] = False
        self.spare = new if new.any() else self.memory.people.acts == 0
        """Readers (members,) of whom the record shows nothing: whom a notice draws in is one of these, nobody who came without it."""

    @property
    def one_for_all(self) -> bool:  # type: ignore[override]
        """Yes: posts draw the eye by what the law says alone, where the settings give them nothing else."""
        return self.settings.false_share is None and self.interests is None

    def hotness(self, lucks: Sequence[NoiseKey]) -> np.ndarray | None:
        if self.heat is None:
            return None
        return np.array([log_hotness(self.heat, luck, self.own_id) for luck in lucks])

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_coming": None}

    def fixed(self) -> Sequence[object]:
        return self.law, self.history, self.draws

    def under(self, luck: NoiseKey) -> None:
        super().under(luck)
        self.hot = 0.0 if self.heat is None else log_hotness(self.heat, luck, self.own_id)

    def of(self, attention: Any, places: np.ndarray) -> FittedAttention:
        some = places.tolist()
        threads, score = ([each[place] for place in some] for each in (attention.threads, attention.score))
        return FittedAttention(
            attention.rows[places], attention.owed[places], threads, score, attention.posts
        )

    def spread(self, places: np.ndarray) -> None:
        self._odds = self._odds[places]

    def _appeal(self, key: int, ids: np.ndarray) -> np.ndarray:
        """Posts draw the eye by what the law says alone."""
        return np.zeros(len(ids))

    def open_step(self, world: Any) -> None:
        if self.watch is not None:
            self.watch.begin(world.now)
        super().open_step(world)

    def _write(self, now: int, rows: np.ndarray, parent: np.ndarray, *rest: Any, **named: Any) -> np.ndarray:
        self._name(now, rows, parent)
        return super()._write(now, rows, parent, *rest, **named)

    def _name(self, now: int, rows: np.ndarray, parent: np.ndarray) -> None:
        """Draw of whom a record would lack the name, when somebody first writes of whom it shows nothing."""
        people = self.memory.people
        for row, up in zip(rows.tolist(), parent.tolist(), strict=True):
            if self.spare[row] and not people.acts[row]:
                lot = noise.uniform(self.luck.at(now), "unnamed", 0, self.members.id[[row]])[0]
                table = Alone(self.posts, self.memory)
                people.unnamed[row] = lot < chance_unnamed(self.law, table, np.array([up]))[0]

    # --- what they attend to ---

    def show(self, world: Any, rows: np.ndarray) -> View:
        self._odds = np.full(len(rows), SURE)
        return super().show(world, rows)

    def attention(self, world: Any, rows: np.ndarray, hot: np.ndarray | None = None) -> Any:
        """What draws these members: of who came for a debt the post that it answers, of others the threads in sight, and the posts in them."""
        self._note_targets(world, rows)
        now, owes = world.now / 60, self.memory.debts
        offered = self.offered(world.now)
        pull = self.posts.appeal.copy()
        feed.rerank(world, pull)
        self._odds = np.full(len(rows), SURE)
        owed, opens = np.full(len(rows), NOTHING), self._comes_to_open(world, rows)
        plain: dict[bool, np.ndarray] = {}
        threads: list[np.ndarray] = []
        score: list[np.ndarray] = []
        for place, (row, target) in enumerate(zip(rows.tolist(), self._targets.tolist(), strict=True)):
            roots, value = offered.roots[:0], np.empty(0)
            if (cause := int(self._cause[row])) >= 0:
                owed[place] = owes.post[cause]
                self._odds[place] = -SURE
            elif len(offered.roots):
                new = bool(self.memory.people.acts[row] == 0)
                if new not in plain:
                    plain[new] = self.thread_scores(offered, now, pull, new)
                roots, value = offered.roots, plain[new]
                value = value if new else self.with_own_threads(row, offered, value)
                heat = self.hot if hot is None else float(hot[place])
                value = value + np.where(self.posts.id[roots] == self.own_id, heat, 0.0)
                value -= np.logaddexp.reduce(value)
                self._odds[place] = self._odds_to_open(row, new and bool(opens[place]), new, now)
            if owed[place] == NOTHING and target != NOTHING:
                roots, value = _with_what_came(roots, value, int(self.posts.thread[target]))
            threads.append(roots)
            score.append(value)
        targets = dict(zip(rows.tolist(), self._targets.tolist(), strict=True))
        return FittedAttention(rows, owed, threads, score, self._readers(world, pull, targets))

    def _odds_to_open(self, row: int, comes_to_open: bool, new: bool, now: float) -> float:
        """Log-odds that this member, who came for anything but a debt, opens a thread."""
        if new:
            return SURE if comes_to_open else -SURE
        return float(np.clip(self.memory.opens(np.array([row]), now)[0], -SURE, SURE))

    def _readers(
        self, world: Any, pull: np.ndarray, targets: dict[int, int]
    ) -> Callable[[int, int], tuple[np.ndarray, np.ndarray]]:
        """What gives the posts of a thread, and their log scores within it, to each member who looks into it; `targets` are what members (rows)
        answered in the record."""
        found = self.comings(world.now, self.tick.hours, world.acting())
        debts, acts = self.memory.debts, self.memory.people.acts
        debtor = debts.debtor[found.debts]
        known: dict[tuple[bool, int], tuple[np.ndarray, np.ndarray]] = {}

        def posts(row: int, root: int) -> tuple[np.ndarray, np.ndarray]:
            new = bool(acts[row] == 0)
            if (new, root) not in known:
                known[new, root] = self._post_scores(root, world.now / 60, pull, new)
            items, score = known[new, root]
            if not new:
                score = self._with_own_posts(row, items, score)
                owed = debts.post[found.debts[debtor == row]]
                score = np.where(np.isin(items, owed), -np.inf, score) if len(owed) else score
            if np.isfinite(score).any():
                score = score - np.logaddexp.reduce(score)
            target = targets.get(row, NOTHING)
            if target != NOTHING and self.posts.thread[target] == root:
                items, score = _with_what_came(items, score, target)
            return items, score

        return posts

    def _comes_to_open(self, world: Any, rows: np.ndarray) -> np.ndarray:
        """Bool (n,): would each of these members, as a newcomer, have come to open a thread. Who answered in the record came to answer."""
        rates = self.law.newcomers
        share = rates.opens / max(rates.opens + rates.replies, 1e-12)
        lot = noise.uniform(world.key, "opener", self.place, self.members.id[rows])
        if not world.known:
            return np.asarray(lot < share)
        return np.asarray((lot < share) & ~np.isin(rows, self.record.author[list(self.tick.decided)]))

    def offered(self, now: int) -> Offered:
        posts, memory = self.posts, self.memory
        return Offered(
            np.flatnonzero(
                (posts.parent < 0)
                & (posts.state == VISIBLE)
                & (posts.locked_until <= now)
                & (memory.posts.last >= now / 60 - WINDOW)
            )
        )

    def thread_scores(self, offered: Offered, now: float, pull: np.ndarray, new: bool) -> np.ndarray:
        """Log scores (m,) of threads that all newcomers share, or all others; as if all were as hot."""
        columns = of_threads(Alone(self.posts, self.memory), offered.roots, now)
        return (
            by_first_terms(self.law.thread_new if new else self.law.thread_old, columns) + pull[offered.roots]
        )

    def _post_scores(
        self, root: int, now: float, pull: np.ndarray, new: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Posts (n,) of a thread that may be in sight, all or the first and the latest, and the log scores that all newcomers share, or all others."""
        every = self.memory.rows.get(root, [root])
        part = np.array(every if len(every) <= LATEST else [root, *every[-LATEST + 1 :]])
        there = part[self.posts.state[part] == VISIBLE]
        columns = of_posts(Alone(self.posts, self.memory), there, there == part[-1], now)
        return there, by_first_terms(self.law.post_new if new else self.law.post_old, columns) + pull[there]

    def _marked(self, some: Collection[int] | np.ndarray, count: int | None = None) -> np.ndarray:
        """Bool (posts,) or (count,): is one of these."""
        marked = np.zeros(len(self.posts) if count is None else count, bool)
        chosen = np.fromiter(some, np.int64, len(some))
        marked[chosen[chosen >= 0]] = True
        return marked

    def with_own_threads(self, row: int, offered: Offered, score: np.ndarray) -> np.ndarray:
        inside = self.memory.inside.get(row, {})
        places = sorted(offered.place[root] for root in inside if root in offered.place)
        if not places:
            return score
        at = np.array(places)
        roots = offered.roots[at]
        then = np.array([inside[root] for root in roots.tolist()])
        terms = own_thread_terms(then, self.posts.size[roots], self.posts.author[roots] == row)
        out = score.copy()
        out[at] += by_last_terms(self.law.thread_old, np.column_stack(terms))
        return out

    def _with_own_posts(self, row: int, there: np.ndarray, score: np.ndarray) -> np.ndarray:
        memory, authors = self.memory, self.posts.author[there]
        met, answered = memory.answerers.get(row, ()), memory.mine.get(row, ())
        terms = [
            authors == row,
            self._marked(answered)[there],
            self._marked(met, len(self.members))[authors],
        ]
        if not any(term.any() for term in terms):
            return score
        return score + by_last_terms(self.law.post_old, np.column_stack(terms).astype(float))

    def attend(self, attention: Any, looks: Looks) -> np.ndarray:
        """The post (n,) that each member attends to: a thread by Gumbel-max over its scores, then a post in it."""
        out: np.ndarray = attention.owed.copy()
        for place in np.flatnonzero(out == NOTHING).tolist():
            roots, score = attention.threads[place], attention.score[place]
            if not len(roots):
                continue
            who = attention.rows[[place]]
            if len(roots) > 1:
                score = score + looks(who, self._as_thread(roots))[0]
            items, score = attention.posts(int(who[0]), int(roots[score.argmax()]))
            there = np.isfinite(score)
            items, score = items[there], score[there]
            if len(items) > 1:
                items = items[[(score + looks(who, self.posts.id[items])[0]).argmax()]]
            if len(items):
                out[place] = items[0]
        return out

    def looked_at(
        self, attention: Any, place: int, target: int, own: bool
    ) -> tuple[tuple[Choice, ...], bool]:
        """As in any record: the choice of a thread, and that of a post in it; of who came for a debt there was none."""
        if attention.owed[place] == target:
            return (Choice(self.posts.id[[target]], np.zeros(1), 0),), True
        roots, root = attention.threads[place], int(self.posts.thread[target])
        items, score = attention.posts(int(attention.rows[place]), root)
        there = np.isfinite(score)
        thread = Choice(self._as_thread(roots), attention.score[place], int(np.flatnonzero(roots == root)[0]))
        post = Choice(
            self.posts.id[items[there]], score[there], int(np.flatnonzero(items[there] == target)[0])
        )
        return (thread, post), all(one.score[one.taken] > UNSEEN for one in (thread, post))

    def _as_thread(self, roots: np.ndarray) -> np.ndarray:
        """What addresses the chance of looking into threads (rows of their opening posts, (n,)): no id of a post."""
        return ~self.posts.id[roots]

    def _measure(self, rows: np.ndarray, focus: np.ndarray, now: int) -> np.ndarray:
        out = super()._measure(rows, focus, now)
        out[:, self._features.index("opens")] = np.where(focus == NOTHING, SURE, self._odds)
        put_tones(self, out, rows, focus, as_posted=True)
        return out
