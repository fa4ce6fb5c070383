"""A record whose members follow the law that was learned from it: who comes, to pay which debt or to look at which thread and post.

Rates and choices are those of a learned forum; a tick of the record takes the place of a phase. A member comes for the first of its
debts, or for anything else, whichever lot comes first (`arrivals`), and then looks into a thread and at a post in it, as in a simulation, by one
Gumbel each: so what the record says of its luck can be inferred. So is the lasting hotness of the thread that is lived again, from who chose it and who chose another (`heat`); other
threads are as hot as all.
"""

from collections.abc import Collection, Sequence
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
from windtunnel.sim.communities.forum.learned.offered import Common, Offered, shares, weights_of
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
    """What may draw the members (`rows`, ascending): posts `items` (n, m), NOTHING where there is none, and log weights `score`; of who
    came for a debt, the post that it answers."""

    rows: np.ndarray
    items: np.ndarray
    score: np.ndarray

    @property
    def seen(self) -> Shown:
        return Shown.alone(self.items)


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
        self._parts, self._sight = {}, None
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
        return {**super().__getstate__(), "_coming": None, "_parts": {}, "_sight": None}

    def fixed(self) -> Sequence[object]:
        return self.law, self.history, self.draws

    def under(self, luck: NoiseKey) -> None:
        super().under(luck)
        self.hot = 0.0 if self.heat is None else log_hotness(self.heat, luck, self.own_id)

    def of(self, attention: Any, places: np.ndarray) -> FittedAttention:
        return FittedAttention(attention.rows[places], attention.items[places], attention.score[places])

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
                people.unnamed[row] = lot < chance_unnamed(self.law, self.memory, self.posts, up)

    # --- what they attend to ---

    def show(self, world: Any, rows: np.ndarray) -> View:
        self._odds = np.full(len(rows), SURE)
        return super().show(world, rows)

    def attention(self, world: Any, rows: np.ndarray, hot: np.ndarray | None = None) -> Any:
        """Weights of posts for these members: of who came for a debt the one that it answers, of others all that may be in sight."""
        self._note_targets(world, rows)
        self._odds = np.full(len(rows), SURE)
        if not len(rows) or not len(self.posts):
            return FittedAttention(rows, np.empty((len(rows), 0), np.int64), np.empty((len(rows), 0)))
        now = world.now / 60
        found = self.comings(world.now, self.tick.hours, world.acting())
        offered = self.offered(world.now)
        pull = self.posts.appeal.copy()
        feed.rerank(world, pull)
        debtor, owed = self.memory.debts.debtor[found.debts], self.memory.debts.post
        heats = [self.hot] * len(rows) if hot is None else hot.tolist()
        plain = self._scores(offered, now, pull)
        opens = self._comes_to_open(world, rows)
        groups: dict[tuple[bool, float], Common] = {}
        newcomers: dict[float, tuple[np.ndarray, np.ndarray, float]] = {}
        items: list[np.ndarray] = []
        score: list[np.ndarray] = []
        for place, (row, heat) in enumerate(zip(rows.tolist(), heats, strict=True)):
            if (cause := int(self._cause[row])) >= 0:
                items.append(owed[[cause]])
                score.append(np.zeros(1))
                self._odds[place] = -SURE
                continue
            new = bool(self.memory.people.acts[row] == 0)
            if (new, heat) not in groups:
                groups[new, heat] = self._common(offered, *plain[new], heat)
            if not new or heat not in newcomers:
                mine = found.debts[debtor == row]  # who never wrote owes nothing
                member = self._of_member(row, new, offered, groups[new, heat], owed[mine], now)
                if new:
                    newcomers[heat] = member
            one, value, odds = newcomers[heat] if new else member
            target = self._targets[place]
            if target != NOTHING and not np.isfinite(value[one == target]).any():
                one, value = np.append(one, target), np.append(value, UNSEEN)
            items.append(one)
            score.append(value)
            self._odds[place] = SURE if new and opens[place] else odds
        width = max(map(len, items))
        every, values = np.full((len(rows), width), NOTHING), np.full((len(rows), width), -np.inf)
        for place, (one, value) in enumerate(zip(items, score, strict=True)):
            every[place, : len(one)], values[place, : len(one)] = one, value
        return FittedAttention(rows, every, values)

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
        roots = np.flatnonzero(
            (posts.parent < 0)
            & (posts.state == VISIBLE)
            & (posts.locked_until <= now)
            & (memory.posts.last >= now / 60 - WINDOW)
        )
        key = roots.tobytes()
        if self._sight is None or self._sight[0] != key:
            known = self._parts
            parts = [known[root] if root in known else self._part(root) for root in roots.tolist()]
            length = np.array([len(part) for part in parts], np.int64)
            self._sight = key, np.concatenate(parts) if parts else np.empty(0, np.int64), length
        _, whole, count = self._sight
        latest = whole[np.cumsum(count) - 1]
        of = np.repeat(np.arange(len(roots)), count)
        seen = posts.state[whole] == VISIBLE
        there, of = whole[seen], of[seen]
        count = np.bincount(of, minlength=len(roots))
        start = np.concatenate([[0], np.cumsum(count)])[:-1].astype(np.int64)
        return Offered(roots, there, start, of, latest)

    def _part(self, root: int) -> np.ndarray:
        """The posts of a thread that may be in sight: all, or the first and the latest."""
        every = self.memory.rows.get(root, [root])
        part = self._parts[root] = np.array(every if len(every) <= LATEST else [root, *every[-LATEST + 1 :]])
        return part

    def common_scores(self, offered: Offered, now: float, pull: np.ndarray, new: bool) -> Common:
        return self._common(offered, *self._scores(offered, now, pull)[new], self.hot)

    def _scores(self, offered: Offered, now: float, pull: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Log scores of threads (m,), as hot as all, and of posts (n,), that all share who have written, and those that all newcomers share."""
        law = self.law
        roots, there = offered.roots, offered.posts
        table = Alone(self.posts, self.memory)
        threads = of_threads(table, roots, now)
        latest = there == offered.latest[offered.of] if len(there) else there == 0
        each = of_posts(table, there, latest, now)
        return [
            (by_first_terms(thread, threads) + pull[roots], by_first_terms(post, each) + pull[there])
            for thread, post in ((law.thread_old, law.post_old), (law.thread_new, law.post_new))
        ]

    def _common(self, offered: Offered, thread: np.ndarray, post: np.ndarray, hot: float) -> Common:
        """What these scores come to where the own thread has this log of hotness."""
        thread = thread + np.where(self.posts.id[offered.roots] == self.own_id, hot, 0.0)
        within = np.logaddexp.reduceat(post, offered.start) if len(offered.posts) else np.empty(0)
        chance = shares(thread)
        return Common(thread, post, within, chance, weights_of(offered, chance, post, within))

    def _of_member(
        self,
        row: int,
        new: bool,
        offered: Offered,
        common: Common,
        owed: np.ndarray,
        now: float,
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """Posts, their log weights, and the log-odds of opening a thread, for this member who came for anything but the posts that it
        owes an answer."""
        thread, post = common.thread, common.post
        odds = -SURE
        if not new:
            thread = self.with_own_threads(row, offered, thread)
            post = self._with_own_posts(row, offered.posts, post)
            odds = self.memory.opens(np.array([row]), now)[0]
        if len(owed):
            post = np.where(self._marked(owed)[offered.posts], -np.inf, post)
        if not len(offered.posts):
            return offered.posts, np.empty(0), SURE
        weights = common.weights
        if post is not common.post or thread is not common.thread:
            within = common.within if post is common.post else np.logaddexp.reduceat(post, offered.start)
            chance = common.chance if thread is common.thread else shares(thread)
            weights = weights_of(offered, chance, post, within)
        there = np.isfinite(weights).any()
        return offered.posts, weights, float(np.clip(odds, -SURE, SURE)) if there else SURE

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
        """The post (n,) that each member attends to: a thread by Gumbel-max over the weights of all its posts, then a post in it."""
        rows, every, scores = attention
        out = np.full(len(rows), NOTHING, np.int64)
        for place, (items, score) in enumerate(zip(every, scores, strict=True)):
            there = np.isfinite(score)
            items, score, who = items[there], score[there], rows[[place]]
            if len(items) > 1:
                roots, start, part = self._threads_of(items)
                thread = np.logaddexp.reduceat(score[part], start)
                thread += looks(who, self._as_thread(roots))[0]
                mine = self.posts.thread[items] == roots[thread.argmax()]
                items, score = items[mine], score[mine]
                items = items[[(score + looks(who, self.posts.id[items])[0]).argmax()]]
            if len(items):
                out[place] = items[0]
        return out

    def looked_at(
        self, attention: Any, place: int, target: int, own: bool
    ) -> tuple[tuple[Choice, ...], bool]:
        """As in any record: the choice of a thread, and that of a post in it."""
        items, score = attention.items[place], attention.score[place]
        there = np.isfinite(score)
        items, score = items[there], score[there]
        roots, start, part = self._threads_of(items)
        thread, post = np.logaddexp.reduceat(score[part], start), int(np.flatnonzero(items == target)[0])
        mine = np.flatnonzero(self.posts.thread[items] == self.posts.thread[target])
        return (
            Choice(
                self._as_thread(roots), thread, int(np.flatnonzero(roots == self.posts.thread[target])[0])
            ),
            Choice(self.posts.id[items[mine]], score[mine], int(np.flatnonzero(mine == post)[0])),
        ), bool(score[post] > UNSEEN)

    def _threads_of(self, items: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Threads (m,) of posts (n,); where each begins (m,) once the posts are put thread by thread, and their places in that order (n,)."""
        of = self.posts.thread[items]
        part = np.argsort(of, kind="stable")
        roots, start = np.unique(of[part], return_index=True)
        return roots, start, part

    def _as_thread(self, roots: np.ndarray) -> np.ndarray:
        """What addresses the chance of looking into threads (rows of their opening posts, (n,)): no id of a post."""
        return ~self.posts.id[roots]

    def _measure(self, rows: np.ndarray, focus: np.ndarray, now: int) -> np.ndarray:
        out = super()._measure(rows, focus, now)
        out[:, self._features.index("opens")] = np.where(focus == NOTHING, SURE, self._odds)
        put_tones(self, out, rows, focus, as_posted=True)
        return out
