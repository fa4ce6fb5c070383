"""A real thread as a world: a forum that goes through the ticks of a record, its chance what the record implies.

The other threads are there as well: they draw attention, and who answers there does not answer here. In a tick everybody
may come in; who acted in the record came in, looked at what it answered and chose as it did, and nobody else wrote. With the
inferred noise an unchanged world does what the record says, act by act; where a policy changes what members see, they
choose anew under the same noise. From a fork on, all of this is drawn anew: who comes in, too.

What the record does not tell is assumed: who else reads along and how often (`rate`), and that votes and departures have no effect.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from windtunnel.agents.situation import Scene
from windtunnel.policies.base import Policy
from windtunnel.sim.communities.forum.acts import Acts
from windtunnel.sim.communities.forum.feed import (
    NOTHING,
    OWN_PLACES,
    Attention,
    Dealt,
    Own,
    Shown,
    View,
    scores,
)
from windtunnel.sim.communities.forum.forum import Forum
from windtunnel.sim.communities.forum.post_texts import Speech
from windtunnel.sim.communities.forum.posts import post_id
from windtunnel.sim.communities.forum.profile import Profile
from windtunnel.sim.communities.forum.settings import Settings
from windtunnel.sim.communities.forum.ticks import BEFORE, Record, Tick
from windtunnel.sim.communities.forum.traits import ForumMembers
from windtunnel.sim.events import EventLog
from windtunnel.sim.noise_key import NoiseKey


class Words(NamedTuple):
    """What recorded acts say, by row: the text (None where it is not told) and whose it is, as `Line.about` has it."""

    texts: tuple[str | None, ...] = ()
    about: tuple[tuple[str, str], ...] = ()


class RecordedSpeech(Speech):
    """The words of recorded posts alone: nothing that is simulated is ever given words, not even a repeated post."""

    def again(self, world: Any, old: np.ndarray, new: np.ndarray, logged: int) -> None:
        """A post that a simulated member puts up once more has no words."""


class Choice(NamedTuple):
    """What a member chose among: the numbers (n,) that address the chance of each, their scores (n,), and the place of the one taken."""

    ids: np.ndarray
    score: np.ndarray
    taken: int


class ByCause(Protocol):
    """What says for which cause members come in, tick by tick."""

    def causes(self, world: Any) -> Any:
        """What may bring members in this tick."""
        ...

    def who_comes(self, world: Any, may: np.ndarray) -> np.ndarray:
        """Bool (n,): which of the members `may` (rows) come in this tick."""
        ...

    def came_for(self, causes: Any, row: int, post: int) -> int:
        """Which of these causes brought a member who answered this post (row)."""
        ...


class RecordForum(Forum):
    """The forum of a record; `now` counts minutes, so policies' hours mean what they say.

    With `words`, members are told what the thread's posts say. A post has its words where it is written as recorded: by
    its author at its moment, in its tone, to what it answers.
    """

    one_for_all = False
    """Whether it is the same under every luck for as long as the same is done, but for its `hotness`: then no post has an appeal of its own."""

    def __init__(
        self,
        scene: Scene,
        profile: Profile,
        settings: Settings,
        members: ForumMembers,
        record: Record,
        *,
        luck: NoiseKey,
        words: Words | None = None,
    ) -> None:
        nobody = np.full((len(members), 0), NOTHING, np.int32)
        super().__init__(scene, profile, settings, members, nobody, luck=luck, step_hours=1 / 60)
        self.record = record
        self.ids = record.post_ids()
        self.words = words or Words()
        self.speech = RecordedSpeech()
        self.place = 0
        self._minute = record.ticks[0].minute
        self._attention = 0.0
        self._rows: dict[int, int] = {}
        self._appeals: tuple[int | None, dict[int, float]] = (None, {})
        self._dealt: Dealt | None = None
        self._orphans = frozenset(self.ids[record.orphan].tolist())
        self.usual_rate = float(members.rate.mean())
        self._feeds = settings.feeds(len(members), int((record.parent < 0).sum()))
        self._writes = np.isin(self._kinds, ("reply", "post"))
        self._write_past()

    @property
    def tick(self) -> Tick:
        return self.record.ticks[self.place]

    def _write_past(self) -> None:
        """What was written before the first tick, with what it has come to by then."""
        record, posts = self.record, self.posts
        acts = np.flatnonzero(record.tick_of == BEFORE)
        acts = acts[np.lexsort((acts, record.minute[acts]))]
        if not len(acts):
            return
        place = np.full(len(record.minute) + 1, NOTHING)
        place[acts] = np.arange(len(acts))
        author, parent = record.author[acts], place[record.parent[acts]]
        answers = (parent >= 0) & ~record.orphan[acts]
        posts.add(
            id=self.ids[acts],
            author=author,
            thread=place[record.thread[acts]],
            parent=parent,
            answered=np.where(answers, author[parent], NOTHING),
            step=record.minute[acts],
            tone=record.tone[acts],
            appeal=self._appeal(self.luck.past, self.ids[acts]),
        )
        self._rows |= dict(zip(self.ids[acts].tolist(), range(len(acts)), strict=True))
        self.wrote_last[author] = record.minute[acts]
        self.appear(np.arange(len(acts)))
        replies = np.flatnonzero(parent >= 0)
        answered = replies[self.owes[author[replies]] == parent[replies]]
        self.owes[author[answered]] = NOTHING
        age = (self._minute - posts.step[replies]) / 60
        left = 0.5 ** (age / self.settings.heat_half_life)
        for column, weight in (
            (posts.heat, self.settings.heat[posts.tone[replies]]),
            (posts.recent, np.ones(len(replies))),
        ):
            column[:] = np.bincount(posts.thread[replies], weights=weight * left, minlength=len(posts))
        if self.words.texts:
            self._with_words(np.flatnonzero(acts < record.own))

    def log_past(self, log: EventLog) -> None:
        """Put what the thread itself has from before the first tick in a world's log, at its own minutes."""
        record = self.record
        past = np.flatnonzero(record.tick_of[: record.own] == BEFORE)
        for act in past.tolist():
            log.add(
                int(record.minute[act]),
                "open" if record.parent[act] < 0 else "reply",
                self.members.id[record.author[[act]]],
                target=self.ids[[act]],
                place=self.ids[0],
                tone=record.tone[[act]],
            )

    def open_step(self, world: Any) -> None:
        """Heat cools with the minutes that went by, moderators find time again, and what opens this tick is written."""
        hours = (self.tick.minute - self._minute) / 60
        self._minute, self._dealt = self.tick.minute, None
        self._cool(hours)
        an_hour = self.settings.attention(1.0)
        self._attention = min(self._attention + hours * an_hour, an_hour)
        self.moderation.left = int(self._attention)
        self.as_recorded(world, self.tick.before)

    def close_step(self, world: Any) -> None:
        """What nobody decides is written, the moderators' time is counted, and the next tick comes."""
        self.as_recorded(world, self.tick.after)
        self._attention -= int(self._attention) - self.moderation.left
        self.place = min(self.place + 1, len(self.record.ticks) - 1)

    def as_recorded(self, world: Any, acts: Sequence[int]) -> None:
        """Write these acts as they are, where what they answer is there and may be answered; where all is new, the thread's beginning alone."""
        record, posts, now = self.record, self.posts, world.now
        before, closed = len(posts), set(np.flatnonzero(posts.locked_until > now).tolist())
        rows: dict[int, int] = {}
        up: list[int] = []
        roots: list[int] = []
        for act in acts if world.known else [act for act in acts if act == 0]:
            parent, row = int(record.parent[act]), before + len(up)
            above = rows[parent] if parent in rows else NOTHING if parent < 0 else self.row_of(parent)
            if above == NOTHING:
                root = row
            else:
                root = int(posts.thread[above]) if above < before else roots[above - before]
            lost = parent >= 0 and above == NOTHING
            if lost or (above != NOTHING and root in closed and not record.exempt[act]):
                continue
            rows[act] = row
            up.append(above)
            roots.append(root)
        if not up:
            return
        written = np.array(list(rows))
        authors, ids, tone = record.author[written], self.ids[written], record.tone[written]
        new = self._write(now, authors, np.array(up), tone, np.zeros(len(written)), ids=ids)
        world.log.add(
            now,
            world.log.codes(["reply", "open"])[(posts.parent[new] < 0).astype(int)],
            self.members.id[authors],
            target=ids,
            place=posts.id[posts.thread[new]],
            tone=tone,
        )

    def _write(self, now: int, rows: np.ndarray, parent: np.ndarray, *rest: Any, **named: Any) -> np.ndarray:
        new = super()._write(now, rows, parent, *rest, **named)
        self._rows |= dict(zip(self.posts.id[new].tolist(), new.tolist(), strict=True))
        if self.words.texts:
            self._with_words(new)
        return new

    def orphans(self, ids: np.ndarray) -> np.ndarray:
        """Those that answer what the record does not have."""
        return np.array([one in self._orphans for one in ids.tolist()], bool)

    def _appeal(self, key: int, ids: np.ndarray) -> np.ndarray:
        """As in any forum; under one key those of all recorded posts are drawn at once."""
        if key != self._appeals[0]:
            drawn = super()._appeal(key, self.ids).tolist()
            self._appeals = key, dict(zip(self.ids.tolist(), drawn, strict=True))
        found = [self._appeals[1].get(one) for one in ids.tolist()]
        return super()._appeal(key, ids) if None in found else np.array(found)

    def _with_words(self, new: np.ndarray) -> None:
        """Give those of the new posts (rows) their words that are the record's own."""
        for row in new.tolist():
            act = self.recorded_as(row)
            if act is not None and (text := self.words.texts[act]):
                self.speech.texts[int(self.posts.id[row])] = text
                self.speech.about[int(self.posts.id[row])] = self.words.about[act]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_appeals": (None, {}), "_dealt": None}

    def under(self, luck: NoiseKey) -> None:
        """Have this luck: what posts that are there already were born with is drawn by it."""
        self.luck = luck
        ids, key = self.posts.id, luck.past
        self.posts.appeal[:] = self._appeal(key, ids)
        for name, values in self._born_with(key, ids).items():
            getattr(self.posts, name)[:] = values

    def fixed(self) -> Sequence[object]:
        """What it has beside a record's forum that nothing changes."""
        return ()

    def recorded_as(self, row: int) -> int | None:
        """The recorded act of the thread that a post (row) is: by its author at its moment, in its tone, to what it answers."""
        posts, record = self.posts, self.record
        act = next(iter(np.flatnonzero(self.ids[: record.own] == posts.id[row]).tolist()), None)
        if act is None or posts.tone[row] != record.tone[act]:
            return None
        answered = NOTHING if record.parent[act] < 0 else self.row_of(int(record.parent[act]))
        return act if posts.parent[row] == answered else None

    def row_of(self, act: int) -> int:
        """Row of the post that a recorded act is here; NOTHING where it was never written."""
        return self._rows.get(int(self.ids[act]), NOTHING)

    def post_ids(self, rows: np.ndarray, now: int, ordinal: int = 0) -> np.ndarray:
        return post_id(self.members.id[rows], self.place, ordinal)

    def comes_in(self, now: int, hours: float, acting: Sequence[Policy] = ()) -> np.ndarray:
        """As in any forum, whatever policies are in force."""
        return super().comes_in(now, hours)

    @property
    def by_cause(self) -> ByCause | None:
        """Where who comes in comes for something: then silence tells of the lots of all that might have brought it, and so does an act."""
        return None

    def feeds(self, now: int) -> int:
        """As many as the record's members and threads make."""
        return self._feeds

    def hotness(self, lucks: Sequence[NoiseKey]) -> np.ndarray | None:
        """The log of the own thread's hotness under each of these lucks; None where no luck draws one."""
        return None

    def attention(self, world: Any, rows: np.ndarray, hot: np.ndarray | None = None) -> Any:
        """As in any forum; who answered something in the record saw it, even where the feed would not have shown it.

        `hot` (n,) is for each of the members the log of the own thread's hotness, where that is not the forum's; a member may
        then be there more than once.
        """
        self._note_targets(world, rows)
        return super().attention(world, rows)

    def _note_targets(self, world: Any, rows: np.ndarray) -> None:
        """What each of these members answered in the record in this tick; NOTHING where it did not, or nothing is recorded any more."""
        self._targets = np.full(len(rows), NOTHING)
        if world.known:
            for act in self.tick.decided:
                theirs = rows == self.record.author[act]
                if theirs.any():
                    self._targets[theirs] = self.row_of(int(self.record.parent[act]))

    def looked_at(
        self, attention: Any, place: int, target: int, own: bool
    ) -> tuple[tuple[Choice, ...], bool]:
        """What the member at `place` chose among, one choice after the other, where it looked as the record says (at `target`), and whether
        that would have been offered; `own` says that its act is one of the thread.
        """
        one = attention._replace(rows=attention.rows[[place]], seen=attention.seen.of([place]))
        items = one.seen.items()[0]
        columns = np.flatnonzero(items == target)
        alone = len(columns) < 2 and columns[0] == OWN_PLACES
        column, seen = int(columns[0]), items >= 0
        seen[columns[1:]] = False  # the feed shows it to everybody
        mine = self.posts.author[target] == attention.rows[place]
        choice = Choice(self.posts.id[items[seen]], scores(one)[0, seen], int(seen[:column].sum()))
        return (choice,), not (own and (alone or mine))

    def of(self, attention: Any, places: np.ndarray) -> Any:
        """What draws some of the members, by their places; who is named twice is there twice."""
        look = None if attention.look is None else attention.look[places]
        return attention._replace(rows=attention.rows[places], seen=attention.seen.of(places), look=look)

    def spread(self, places: np.ndarray) -> None:
        """What is noted of the members whose attention was asked for last is of those at these places now."""

    def deal(self, world: Any) -> Dealt:
        """As in any forum; once a tick, since nobody writes while others look."""
        if self._dealt is None:
            self._dealt = super().deal(world)
        return self._dealt

    def _own_items(self, rows: np.ndarray) -> list[Own]:
        return [*super()._own_items(rows), Own(self._targets, anyway=True)]

    def show(self, world: Any, rows: np.ndarray) -> View:
        """As in any forum; where nobody comes in, nothing is looked up."""
        if len(rows):
            return super().show(world, rows)
        none, posts = np.empty((0, OWN_PLACES), np.int64), self.posts
        return self.view(
            world,
            Attention(rows, Shown.alone(none), *(np.empty(0),) * 4, posts),
            none[:, 0],
        )

    def act(self, world: Any, view: View, choice: np.ndarray) -> Acts:
        """Replies and new threads: votes and departures leave no trace in a record, and nobody counts what was seen."""
        doing = np.flatnonzero(self._writes[choice])
        if len(doing) > 1:
            doing = doing[world.order(self.members.id[view.rows[doing]])]
        kind, rows = self._kinds[choice[doing]], view.rows[doing]
        return Acts(
            rows=rows,
            ids=self.members.id[rows],
            kind=kind,
            tone=self._tones[choice[doing]],
            target=np.where(self._aimless[choice[doing]], NOTHING, view.focus[doing]),
            verdict=np.zeros(len(doing), np.int8),
            policy=np.full(len(doing), -1, np.int16),
        )

    def apply(self, world: Any, acts: Acts) -> None:
        if len(acts.rows):
            super().apply(world, acts)

    def links(self) -> tuple[np.ndarray, np.ndarray]:
        """Ids of the thread's replies, and of the posts that they answer."""
        posts = self.posts
        replies = np.flatnonzero((posts.parent >= 0) & (posts.thread == self.row_of(0)))
        return posts.id[replies], posts.id[posts.parent[replies]]

    def traceless(self, choice: np.ndarray) -> np.ndarray:
        """Bool (n,): do these choices leave no trace in a record."""
        return ~self._writes[choice]
