"""A real thread as a world: its time is the record's own, and its chance is what the record implies.

Each recorded act is a decision of its own, at its own tick; between them, silent ticks let everybody else decide
whether to come in. With the inferred noise an unchanged world does what the record says, act by act; where a policy changes
what members see, they choose anew under the same noise.

What the record does not tell is assumed: who else read along and how often (`rate`), and that votes, departures and
threads opened elsewhere leave no trace here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from windtunnel.agents.situation import Scene
from windtunnel.policies.base import Policy
from windtunnel.sim import noise
from windtunnel.sim.communities.forum import feed
from windtunnel.sim.communities.forum.feed import NOTHING, Shown, View
from windtunnel.sim.communities.forum.forum import Acts, Forum
from windtunnel.sim.communities.forum.posts import VISIBLE, post_id
from windtunnel.sim.communities.forum.profile import Profile
from windtunnel.sim.communities.forum.settings import Settings
from windtunnel.sim.communities.forum.speaking import Speech
from windtunnel.sim.communities.forum.traits import ForumMembers
from windtunnel.sim.luck import Luck
from windtunnel.sim.world import World

UNKNOWN = 0
"""Row of the member who stands for everybody whom the record does not name: it decides nothing."""
SILENT = -1
"""In place of an act: a tick in which everybody may come in."""


class Tick(NamedTuple):
    """One moment of decision: its minute, the act that the record has there (or SILENT), the hours that its silence stands for."""

    minute: int
    act: int
    hours: float


@dataclass(frozen=True)
class Record:
    """A thread: acts in their order, one row each; `parent` is the row answered, -1 for the opening post (row 0).

    `author` are rows of the members, UNKNOWN where nobody is named. `ticks` run through acts and silence. `exempt`
    are acts that came although a recorded act of a moderator forbade them: it did not bind their author.
    """

    minute: np.ndarray
    author: np.ndarray
    parent: np.ndarray
    tone: np.ndarray
    ticks: tuple[Tick, ...]
    tick_of: np.ndarray
    exempt: np.ndarray

    def post_ids(self) -> np.ndarray:
        """The id that each recorded act has in every world."""
        return post_id(self.author, self.tick_of)

    def decided(self) -> np.ndarray:
        """Bool (acts,): is a decision of a known member; the others are replayed as they are."""
        return (self.author != UNKNOWN) & (self.parent >= 0) & ~self.exempt


def record_of(
    minute: np.ndarray,
    author: np.ndarray,
    parent: np.ndarray,
    tone: np.ndarray,
    silent: int,
    *,
    exempt: np.ndarray | None = None,
    until: int = 0,
) -> Record:
    """A record with `silent` ticks spread evenly over its span, and half as many from there to the minute `until`."""
    first, last = int(minute[0]), max(int(minute[-1]), int(minute[0]) + 60)
    grid = np.linspace(first, last, silent + 1)
    after = np.linspace(last, max(until, last), silent // 2 + 1) if until > last else np.empty(0)
    moments = [(int(at), 0, row, 0.0) for row, at in enumerate(minute)]
    for part in (grid, after):
        moments += [(round(at), 1, SILENT, (at - before) / 60) for before, at in pairwise(part.tolist())]
    ticks = tuple(Tick(at, act, hours) for at, _, act, hours in sorted(moments, key=lambda one: one[:2]))
    tick_of = np.zeros(len(minute), np.int64)
    for place, tick in enumerate(ticks):
        if tick.act != SILENT:
            tick_of[tick.act] = place
    free = np.zeros(len(minute), bool) if exempt is None else exempt
    return Record(minute, author, parent, tone, ticks, tick_of, free)


@dataclass
class Inferred:
    """Noise that the record implies, by tick: of whoever acts there, or of everybody silent.

    `choose` (members, actions), `awake` (members,) uniforms, `look` by post id where the target is recorded, and
    `attempt` (members,): which of its prior looks a silent member's is.
    """

    choose: dict[int, np.ndarray] = field(default_factory=dict)
    awake: dict[int, np.ndarray] = field(default_factory=dict)
    look: dict[int, dict[int, float]] = field(default_factory=dict)
    attempt: dict[int, np.ndarray] = field(default_factory=dict)


class Words(NamedTuple):
    """What recorded acts say, by row: the text (None where it is not told) and whose it is, as `Line.about` has it."""

    texts: tuple[str | None, ...] = ()
    about: tuple[tuple[str, str], ...] = ()


class RecordedSpeech(Speech):
    """The words of recorded posts alone: nothing that is simulated is ever given words, not even a repeated post."""

    def again(self, world: Any, old: np.ndarray, new: np.ndarray, logged: int) -> None:
        """A post that a simulated member puts up once more has no words."""


class RecordForum(Forum):
    """The forum around one recorded thread; `now` counts minutes, so policies' hours mean what they say.

    With `words`, members are told what the record's posts say. A post has its words where it is written as recorded: by
    its author at its moment, in its tone, to what it answers.
    """

    def __init__(
        self,
        scene: Scene,
        profile: Profile,
        settings: Settings,
        members: ForumMembers,
        record: Record,
        *,
        luck: Luck,
        words: Words | None = None,
    ) -> None:
        nobody = np.full((len(members), 0), NOTHING, np.int32)
        super().__init__(scene, profile, settings, members, nobody, luck=luck, step_hours=1 / 60)
        self.record = record
        self.words = words or Words()
        self.speech = RecordedSpeech()
        self.place = 0
        self._minute = int(record.minute[0])
        self._attention = 0.0
        self.replies = np.array([name.startswith("reply") for name in scene.actions.names])
        self.lurk = list(scene.actions.names).index("lurk")

    @property
    def tick(self) -> Tick:
        return self.record.ticks[self.place]

    def open_step(self, world: Any) -> None:
        """Heat cools with the minutes that went by, moderators find time again, and what nobody decides is written."""
        hours = (self.tick.minute - self._minute) / 60
        self._minute = self.tick.minute
        self.posts.heat *= 0.5 ** (hours / self.settings.heat_half_life)
        an_hour = self.settings.attention(1.0)
        self._attention = min(self._attention + hours * an_hour, an_hour)
        self.moderation.left = int(self._attention)
        act = self.tick.act
        if act != SILENT and not self.record.decided()[act]:
            self._as_recorded(world, act)

    def _as_recorded(self, world: Any, act: int) -> None:
        record, now = self.record, world.now
        parent = int(record.parent[act])
        row = NOTHING if parent < 0 else self.row_of(parent)
        if parent >= 0 and row == NOTHING:
            return  # what it answers is not there
        if parent >= 0 and self.posts.locked_until[self.posts.thread[row]] > now and not record.exempt[act]:
            return  # nobody can answer
        new = self._write(now, record.author[[act]], np.array([row]), record.tone[[act]], np.zeros(1))
        kind, place = ("open" if parent < 0 else "reply"), self.posts.id[self.posts.thread[new]]
        world.log.add(
            now,
            kind,
            self.members.id[record.author[[act]]],
            target=self.posts.id[new],
            place=place,
            tone=record.tone[[act]],
        )

    def _write(self, now: int, rows: np.ndarray, parent: np.ndarray, *rest: Any, **named: Any) -> np.ndarray:
        new = super()._write(now, rows, parent, *rest, **named)
        if self.words.texts:
            self._with_words(new)
        return new

    def _with_words(self, new: np.ndarray) -> None:
        """Give those of the new posts (rows) their words that are the record's own at this tick."""
        act, posts, record = self.tick.act, self.posts, self.record
        if act == SILENT or not (text := self.words.texts[act]):
            return
        parent = NOTHING if record.parent[act] < 0 else self.row_of(int(record.parent[act]))
        for row in new:
            same = posts.id[row] == record.post_ids()[act] and posts.parent[row] == parent
            if same and posts.tone[row] == record.tone[act]:
                self.speech.texts[int(posts.id[row])] = text
                self.speech.about[int(posts.id[row])] = self.words.about[act]

    def row_of(self, act: int) -> int:
        """Row of the post that a recorded act is here; NOTHING where it was never written."""
        found = np.flatnonzero(self.posts.id == self.record.post_ids()[act])
        return int(found[0]) if len(found) else NOTHING

    def post_ids(self, rows: np.ndarray, now: int, ordinal: int = 0) -> np.ndarray:
        return post_id(self.members.id[rows], self.place, ordinal)

    def show(self, world: Any, rows: np.ndarray) -> View:
        """Everybody sees the thread's posts that pull most, and what the record says that somebody looked at."""
        posts, profile, now = self.posts, self.profile, world.now
        pull = feed.pull(
            posts, now, self.hours, profile.attention_growth.value, profile.attention_decay.value
        )
        feed.rerank(world, pull)
        common = feed.ranking(posts, pull, self.settings.feed_items)
        target = self._recorded_target()
        self.beyond_feed = target != NOTHING and target not in common
        if target != NOTHING and posts.state[target] == VISIBLE:
            common = np.union1d(common, [target])
        score = np.broadcast_to(pull[common], (len(rows), len(common))).copy()
        mine = self.newest_reply_to[rows]
        score += self.settings.reply_to_me_pull * (common == mine[:, None])
        score[(posts.author[common] == rows[:, None]) & (common != target)] = -np.inf
        self.score, self.common = score, common
        focus = np.full(len(rows), NOTHING, np.int64)
        if len(common):
            value = score + world.look_noise(rows, posts.id[common])
            best = value.argmax(axis=1)
            focus = np.where(score.max(axis=1) > -np.inf, common[best], NOTHING)
        names = self.scene.actions.names
        view = View(
            rows,
            Shown(np.full((len(rows), 2), NOTHING), common),
            focus,
            self._measure(rows, focus, now),
            np.ones((len(rows), len(names)), bool),
            self._features,
            names,
        )
        self.offer(view, now)
        return view

    def offer(self, view: View, now: int) -> None:
        """What can be done about what each looks at."""
        focus, posts = view.focus, self.posts
        view.withdraw(focus == NOTHING, "upvote", "downvote", "report", "reply")
        view.withdraw((focus >= 0) & (posts.locked_until[posts.thread[focus]] > now), "reply")

    def _recorded_target(self) -> int:
        act = self.tick.act
        return (
            NOTHING
            if act == SILENT or self.record.parent[act] < 0
            else self.row_of(int(self.record.parent[act]))
        )

    def act(self, world: Any, view: View, choice: np.ndarray) -> Acts:
        """Replies only: votes, departures and new threads leave no trace in a record of one thread."""
        return super().act(world, view, np.where(self.replies[choice], choice, self.lurk))


class RecordWorld(World):
    """A world that runs through the ticks of a record under inferred noise, up to a fork of its luck if it has one."""

    community: RecordForum
    may_speak = False

    def __init__(
        self,
        forum: RecordForum,
        policies: Sequence[Policy],
        inferred: Inferred,
        *,
        luck: Luck,
        arm: str = "baseline",
    ) -> None:
        super().__init__(forum, policies, luck=luck, arm=arm, step_hours=1 / 60)
        self.inferred = inferred
        self.now = forum.tick.minute

    @property
    def _known(self) -> bool:
        """Is the noise of this tick the record's, not a new draw?"""
        return self.luck.fork is None or self.now < self.luck.fork

    def begin_step(self) -> None:
        self.now = self.community.tick.minute
        super().begin_step()

    def step(self) -> None:
        super().step()
        forum = self.community
        forum._attention -= int(forum._attention) - forum.moderation.left
        forum.place = min(forum.place + 1, len(forum.record.ticks) - 1)

    def chance(self, purpose: str, ids: np.ndarray) -> np.ndarray:
        return noise.uniform(self.key, purpose, self.community.place, ids)

    def look_noise(self, rows: np.ndarray, posts: np.ndarray) -> np.ndarray:
        place, ids = self.community.place, self.community.members.id[rows]
        attempt = self.inferred.attempt.get(place) if self._known else None
        if attempt is None:
            prior = noise.gumbel(self.key, "look 0", place, ids, posts)
        else:
            prior = np.empty((len(rows), len(posts)))
            for number in np.unique(attempt[rows]):
                part = attempt[rows] == number
                prior[part] = noise.gumbel(self.key, f"look {number}", place, ids[part], posts)
        found = self.inferred.look.get(place, {}) if self._known else {}
        for column, post in enumerate(posts.tolist()):
            if post in found:
                prior[:, column] = found[post]
        return prior

    def deciders(self) -> np.ndarray:
        """Rows of who could decide in this tick: the recorded author, or everybody in a silent one."""
        forum = self.community
        act = forum.tick.act
        if act == SILENT:
            rows = np.arange(UNKNOWN + 1, len(forum.members))
        else:
            rows = forum.record.author[[act]] if forum.record.decided()[act] else np.empty(0, np.int64)
        return rows[forum.members.present(self.now)[rows]]

    def come_in(self, rows: np.ndarray) -> np.ndarray:
        """Chance (n,) that each decides in this silent tick."""
        return -np.expm1(-self.community.members.rate[rows] * self.community.tick.hours)

    def _active(self) -> np.ndarray:
        rows, place = self.deciders(), self.community.place
        if self.community.tick.act != SILENT:
            return rows
        awake = self.inferred.awake.get(place) if self._known else None
        lot = self.chance("active", self.community.members.id[rows]) if awake is None else awake[rows]
        return rows[lot < self.come_in(rows)]

    def _choose(self, rows: np.ndarray) -> np.ndarray:
        members, place = self._view.rows, self.community.place
        self.decisions += len(members)
        known = self.inferred.choose.get(place) if self._known else None
        if known is not None:
            luck = known[members]
        else:
            ids = self.community.members.id[members]
            luck = noise.gumbel(self.key, "choose", place, ids, rows.shape[1])
        return (luck + rows).argmax(axis=1)
