"""The learned forum: when members come, what they attend to, and what each act leaves behind.

A step (an hour) has several phases. In each, some come: newcomers as they were drawn beforehand, members who owe a reply, and
members who come for anything else. All of it is addressed chance: by member, or by member and post.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import gammaincinv

from windtunnel.agents.situation import Scene
from windtunnel.sim import noise
from windtunnel.sim.communities.forum import feed
from windtunnel.sim.communities.forum.declared import learned as declared_of_learned
from windtunnel.sim.communities.forum.feed import NOTHING, Shown, View
from windtunnel.sim.communities.forum.forum import Acts, Forum
from windtunnel.sim.communities.forum.learned.attention import post_shown, thread_shown
from windtunnel.sim.communities.forum.learned.law import WINDOW, Law
from windtunnel.sim.communities.forum.learned.members import LearnedMembers
from windtunnel.sim.communities.forum.learned.memory import Memory
from windtunnel.sim.communities.forum.learned.past import Past
from windtunnel.sim.communities.forum.posts import HELD, ORDINAL_OF_PHASE, VISIBLE, post_id
from windtunnel.sim.communities.forum.profile import Profile
from windtunnel.sim.communities.forum.settings import Settings
from windtunnel.sim.noise_key import NoiseKey

FRESH = 3.0
"""Hours within which an act or a reply makes rates change from phase to phase; others are taken once a step."""
SURE = 30.0
"""Log-odds that stand for certainty."""
SHOWN_POSTS = 8
"""Latest posts of a thread that its reader sees."""
OTHER, PAYS, NEW_OPENS, NEW_REPLIES = range(4)
"""What a member comes for."""


_NONE = np.empty(0, np.int64)
_NO_ACTS = Acts(
    _NONE,
    _NONE,
    _NONE.astype(str),
    _NONE.astype(np.int8),
    _NONE,
    _NONE.astype(np.int8),
    _NONE.astype(np.int16),
)


class LearnedForum(Forum):
    """Threads, replies and owed answers as a record taught them; moderation and policies as in any forum."""

    members: LearnedMembers

    def __init__(
        self,
        scenes: Sequence[Scene],
        profile: Profile,
        settings: Settings,
        members: LearnedMembers,
        law: Law,
        *,
        luck: NoiseKey,
        step_hours: float,
        past: Past | None = None,
    ) -> None:
        nobody = np.full((0, 0), NOTHING, np.int32)
        super().__init__(scenes[0], profile, settings, members, nobody, luck=luck, step_hours=step_hours)
        self.scenes, self.declared, self.law = tuple(scenes), declared_of_learned(), law
        self.memory = Memory(law, len(members)) if past is None else past.memory.later(0.0, len(members))
        self.unnamed = members.summaries["unnamed"]
        if past is not None:
            past.restore(self.posts)
            self.unnamed[: past.members] = self.memory.people.unnamed[: past.members]
        self._phases = {scene.phase: place for place, scene in enumerate(scenes)}
        self.shelf_share = 14 * profile.posts_per_member_day.value * profile.new_thread_share.value
        """Threads in sight for each member of the place."""
        self._open = np.flatnonzero(self.posts.parent < 0)
        self._hour = self._now = self._end = 0.0
        self._phase = 0
        self._coming: dict[int, tuple[int, int]] = {}
        self._steady: tuple[np.ndarray, ...] = ()

    # --- time ---

    def open_step(self, world: Any) -> None:
        super().open_step(world)
        self._hour = world.now * self.hours
        memory = self.memory
        memory.forget(self._hour)
        roots = self._open
        self._open = roots[memory.posts.last[roots] >= self._hour - WINDOW]
        self._take_rates(world)

    def set_scene(self, world: Any) -> None:
        """A place with a past needs no opening threads."""

    def rhythm(self, step: int) -> float:
        return self.law.rhythm[int(step * self.hours) % 24]

    def _moment(self, world: Any) -> float:
        """The middle of the phase that is on, in hours. What is written stands at its end, so that the next phase counts whole."""
        self._phase = self._phases[world.phase]
        length = self.hours / len(self.scenes)
        self._now = world.now * self.hours + (self._phase + 0.5) * length
        self._end = self._now + 0.5 * length
        return self._now

    def _exposure(self, world: Any) -> float:
        """Hours that a phase counts, by the rhythm of the day."""
        return self.rhythm(world.now) * self.hours / len(self.scenes)

    # --- who comes ---

    def _take_rates(self, world: Any) -> None:
        """Draw who comes in which phase among those whose rates hardly change in a step."""
        memory, middle = self.memory, self._hour + self.hours / 2
        people, debts = memory.people, memory.debts
        lively = people.last > self._hour - FRESH
        debt = np.flatnonzero(debts.open)
        steady = debt[(debts.since[debt] <= self._hour - FRESH) & ~lively[debts.debtor[debt]]]
        who = np.flatnonzero((people.acts > 0) & ~people.unnamed & ~lively)
        self._fresh_debts = np.setdiff1d(debt, steady, assume_unique=True)
        self._debts_then = debts.count
        self._lively = np.flatnonzero(lively & (people.acts > 0) & ~people.unnamed)
        self._steady = (
            steady,
            self._waits(world, "owes", self._pair(steady), memory.owes(steady, middle)),
            who,
            self._waits(world, "comes", self.members.id[who], memory.comes(who, middle)),
        )

    def _pair(self, debt: np.ndarray) -> np.ndarray:
        """The id of each debt: of the debtor and the post that it owes an answer."""
        debts = self.memory.debts
        return noise.pair(self.members.id[debts.debtor[debt]], self.posts.id[debts.post[debt]])

    def _waits(self, world: Any, what: str, ids: np.ndarray, rate: np.ndarray) -> np.ndarray:
        """Bool (phases, n): who comes when, at rates that stay; addressed phase by phase as of those whose rates change."""
        chance = -np.expm1(-rate * self._exposure(world))
        return np.stack(
            [
                noise.uniform(world.key, f"{what} {phase}", world.now, ids) < chance
                for phase in range(len(self.scenes))
            ]
        )

    def active(self, world: Any) -> np.ndarray:
        """Whoever comes in this phase, each for the one thing that came first."""
        now, phase, memory = self._moment(world), self._phase, self.memory
        people, debts, exposure = memory.people, memory.debts, self._exposure(world)
        since = self._hour + 1e-9  # who acted in this step has other rates now
        coming: dict[int, tuple[int, int]] = {}
        best: dict[int, float] = {}

        def offer(what: int, who: np.ndarray, thing: np.ndarray, wait: np.ndarray) -> None:
            for row, item, at in zip(who.tolist(), thing.tolist(), wait.tolist(), strict=True):
                if at < best.get(row, np.inf):
                    best[row], coming[row] = at, (what, item)

        steady, debts_come, who, members_come = self._steady
        came = steady[debts_come[phase]]
        came = came[debts.open[came] & (people.last[debts.debtor[came]] < since)]
        offer(PAYS, debts.debtor[came], came, np.full(len(came), 0.5))
        rest = who[members_come[phase]]
        rest = rest[people.last[rest] < since]
        offer(OTHER, rest, rest, np.full(len(rest), 0.6))
        acted = np.flatnonzero(people.last >= since)
        moved = np.zeros(len(people.last), bool)
        moved[acted] = True
        fresh = np.concatenate(
            [self._fresh_debts, steady[moved[debts.debtor[steady]]], np.arange(self._debts_then, debts.count)]
        )
        fresh = fresh[debts.open[fresh]]
        wait = self._race(world, "owes", self._pair(fresh), memory.owes(fresh, now))
        hit = wait < exposure
        offer(PAYS, debts.debtor[fresh[hit]], fresh[hit], wait[hit])
        lively = np.union1d(self._lively, acted[~people.unnamed[acted]])
        wait = self._race(world, "comes", self.members.id[lively], memory.comes(lively, now))
        hit = wait < exposure
        offer(OTHER, lively[hit], lively[hit], wait[hit])
        rows, opens = self.members.arriving(world.now, phase)
        offer(NEW_OPENS, rows[opens], rows[opens], np.zeros(int(opens.sum())))
        offer(NEW_REPLIES, rows[~opens], rows[~opens], np.zeros(int((~opens).sum())))
        self._coming = coming
        found = np.array(sorted(coming), np.int64)
        return found[self.members.present(world.now)[found]] if len(found) else found

    def _race(self, world: Any, what: str, ids: np.ndarray, rate: np.ndarray) -> np.ndarray:
        """Exponential waits (n,), in hours that count; the chance is that of `_waits`."""
        lot = noise.uniform(world.key, f"{what} {self._phase}", world.now, ids)
        return -np.log1p(-lot) / np.maximum(rate, 1e-300)

    # --- what they attend to ---

    def show(self, world: Any, rows: np.ndarray) -> View:
        names = self.scene.actions.names
        if not len(rows):
            nothing = np.empty((0, 1), np.int64)
            return View(
                rows,
                Shown.alone(nothing),
                nothing[:, 0],
                np.zeros((0, len(self._features))),
                np.ones((0, len(names)), bool),
                self._features,
                names,
            )
        what = np.array([self._coming[row][0] for row in rows.tolist()])
        item = np.array([self._coming[row][1] for row in rows.tolist()])
        focus = np.full(len(rows), NOTHING, np.int64)
        focus[what == PAYS] = self.memory.debts.post[item[what == PAYS]]
        odds = np.full(len(rows), -SURE)
        odds[what == NEW_OPENS] = SURE
        odds[what == OTHER] = self.memory.opens(rows[what == OTHER], self._now)
        looking = np.flatnonzero((what == OTHER) | (what == NEW_REPLIES))
        if len(looking):
            focus[looking] = self._look(world, rows[looking], what[looking] == NEW_REPLIES)
        odds[(focus == NOTHING) & (what != NEW_OPENS)] = SURE  # there is nothing to answer
        self._odds, self._first = odds, what >= NEW_OPENS
        features = self._measure(rows, focus, world.now)
        seen = Shown.alone(self._seen(focus))
        view = View(
            rows, seen, focus, features, np.ones((len(rows), len(names)), bool), self._features, names
        )
        view.withdraw(focus == NOTHING, "upvote", "downvote", "report", "reply")
        if len(self.posts):
            locked = (focus >= 0) & (self.posts.locked_until[self.posts.thread[focus]] > world.now)
            view.withdraw(locked, "reply")
        return view

    def _look(self, world: Any, rows: np.ndarray, new: np.ndarray) -> np.ndarray:
        """The post (n,) that each member answers if it does: a thread, then a post in it; NOTHING where there is none."""
        posts = self.posts
        roots = self._open[
            (posts.state[self._open] == VISIBLE) & (posts.locked_until[self._open] <= world.now)
        ]
        if not len(roots):
            return np.full(len(rows), NOTHING, np.int64)
        pull = posts.appeal.copy()
        feed.rerank(world, pull)
        thread = thread_shown(self, world, rows, new, roots, pull)
        return post_shown(self, world, rows, new, thread, pull)

    def _seen(self, focus: np.ndarray) -> np.ndarray:
        """Rows of the posts (n, m) that readers of these have before them: the post, and the latest of its thread."""
        posts = self.posts
        out = np.full((len(focus), 1 + SHOWN_POSTS if len(posts) else 0), NOTHING, np.int64)
        if not len(posts):
            return out
        out[:, 0] = focus
        for place, post in enumerate(focus.tolist()):
            if post >= 0:
                latest = self.memory.rows.get(int(posts.thread[post]), [])[-SHOWN_POSTS:]
                there = [row for row in latest if row != post and posts.state[row] == VISIBLE]
                out[place, 1 : 1 + len(there)] = there
        return out

    def _measure(self, rows: np.ndarray, focus: np.ndarray, now: int) -> np.ndarray:
        out = super()._measure(rows, focus, now)
        out[:, self._features.index("opens")] = self._odds
        out[:, self._features.index("arrives")] = self._first
        return out

    # --- what acts leave behind ---

    def act(self, world: Any, view: View, choice: np.ndarray) -> Acts:
        """As in any forum; a newcomer whom nothing draws in was never here."""
        if not len(view.rows):
            return _NO_ACTS
        came = ~(self._first & self._lurks[choice])
        if not came.all():
            view = replace(
                view,
                rows=view.rows[came],
                seen=view.seen.of(came),
                focus=view.focus[came],
                features=view.features[came],
                options=view.options[came],
            )
        return super().act(world, view, choice[came]) if came.any() else _NO_ACTS

    def apply(self, world: Any, acts: Acts) -> None:
        if not len(acts.rows):
            return
        new = self.memory.people.acts[acts.rows] == 0
        world.log.add(
            world.now, "join", np.sort(acts.ids[new & (self.members.joined[acts.rows] == world.now)])
        )
        super().apply(world, acts)

    @property
    def provoker(self) -> int:
        """Row 0, which sets the scene."""
        return 0

    def note_arrivals(self, world: Any) -> None:
        """A newcomer is in the log when it first writes: those who stay away leave nothing."""

    def post_ids(self, rows: np.ndarray, now: int, ordinal: int = 0) -> np.ndarray:
        return post_id(self.members.id[rows], now, ordinal or ORDINAL_OF_PHASE[self._phase])

    def _appeal(self, key: int, ids: np.ndarray) -> np.ndarray:
        """Posts draw the eye by what the law says alone."""
        return np.zeros(len(ids))

    def _write(
        self,
        now: int,
        rows: np.ndarray,
        parent: np.ndarray,
        tone: np.ndarray,
        verdict: np.ndarray,
        ordinal: int = 0,
        ids: np.ndarray | None = None,
    ) -> np.ndarray:
        if len(rows):
            self._name(now, rows, parent)
        new = super()._write(now, rows, parent, tone, verdict, ordinal, ids)
        self._make_room()
        posts, memory = self.posts, self.memory
        at = max(self._end, now * self.hours)
        for row, who, up in zip(new.tolist(), rows.tolist(), parent.tolist(), strict=True):
            root = int(posts.thread[row])
            partner = int(posts.author[up]) if up >= 0 else NOTHING
            memory.acted(who, at, up < 0, up, root, partner)
            if up >= 0 and (back := int(posts.parent[up])) >= 0 and posts.author[back] == who:
                memory.posts.exchange[row] = memory.posts.exchange[up] + 1
        self._note(new[verdict != HELD], at)
        return new

    def _make_room(self) -> None:
        self.memory.posts.grow(len(self.posts))

    def _note(self, new: np.ndarray, at: float) -> None:
        """Posts (rows) can be read from now on."""
        posts, memory = self.posts, self.memory
        for row in new.tolist():
            up, root, who = int(posts.parent[row]), int(posts.thread[row]), int(posts.author[row])
            partner = int(posts.author[up]) if up >= 0 else NOTHING
            memory.appeared(row, who, at, up, root, partner, int(posts.depth[row]), int(posts.size[root]))
        opened = new[posts.parent[new] < 0]
        if len(opened):
            if self.law.hotness:
                lot = noise.uniform(self.luck.at(int(posts.step[opened[0]])), "hot", 0, posts.id[opened])
                memory.posts.hot[opened] = np.log(gammaincinv(self.law.hotness, lot) / self.law.hotness)
            self._open = np.concatenate([self._open, opened])

    def _name(self, now: int, rows: np.ndarray, parent: np.ndarray) -> None:
        """Draw of whom a record would lack the name, when they first write."""
        people = self.memory.people
        first = np.flatnonzero(people.acts[rows] == 0)
        if not len(first):
            return
        rows, up, posts = rows[first], parent[first], self.posts
        chance = np.full(len(rows), self.law.newcomers.unnamed_openers)
        reply = np.flatnonzero(up >= 0)
        if len(reply):
            root = posts.thread[up[reply]]
            size = np.maximum(posts.size[root], 1)
            terms = np.column_stack(
                [
                    np.ones(len(reply)),
                    up[reply] == root,
                    np.minimum(self.memory.posts.nameless[root] / size, 1.0),
                    people.unnamed[posts.author[up[reply]]],
                ]
            )
            chance[reply] = 1 / (1 + np.exp(-(terms @ self.law.unnamed.coefficients())))
        lot = noise.uniform(self.luck.at(now), "unnamed", 0, self.members.id[rows])
        people.unnamed[rows] = lot < chance
        self.unnamed[rows] = people.unnamed[rows]

    def appear(self, new: np.ndarray) -> None:
        """As in any forum; what was held or removed and comes back is read from now on."""
        super().appear(new)
        known = new[new < self.memory.posts.count]
        if len(known):
            self._note(known[self.memory.posts.hour[known] == 0.0], self._end)

    def vanish(self, gone: np.ndarray, now: int) -> None:
        super().vanish(gone, now)
        for row in gone.tolist():
            self.memory.vanished(row)
