"""The learned forum: what members attend to when they come, and what each act leaves behind.

A step (an hour) has several phases. In each, some come: newcomers as they were drawn beforehand, members who owe a reply, and
members who come for anything else. All of it is addressed chance: by member, or by member and post.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import gammaincinv

from windtunnel.agents.situation import Scene, Situations
from windtunnel.sim import noise
from windtunnel.sim.communities.forum.acts import Acts
from windtunnel.sim.communities.forum.declared import learned as declared_of_learned
from windtunnel.sim.communities.forum.feed import NOTHING, Shown, View, named
from windtunnel.sim.communities.forum.forum import Forum
from windtunnel.sim.communities.forum.learned.acting import NO_ACTS, Chosen, acts_of
from windtunnel.sim.communities.forum.learned.attention import in_order, put_up, shelves
from windtunnel.sim.communities.forum.learned.coming import Coming, Hit
from windtunnel.sim.communities.forum.learned.law import Law
from windtunnel.sim.communities.forum.learned.members import LearnedMembers
from windtunnel.sim.communities.forum.learned.memory import Memory
from windtunnel.sim.communities.forum.learned.past import Past
from windtunnel.sim.communities.forum.learned.together import Moment, Together, join, nobody_comes
from windtunnel.sim.communities.forum.learned.writing import Written, write
from windtunnel.sim.communities.forum.posts import HOSTILE, ORDINAL_OF_PHASE, post_id
from windtunnel.sim.communities.forum.profile import Profile
from windtunnel.sim.communities.forum.settings import Settings
from windtunnel.sim.noise_key import NoiseKey


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
        provoking: float,
    ) -> None:
        nobody = np.full((0, 0), NOTHING, np.int32)
        super().__init__(scenes[0], profile, settings, members, nobody, luck=luck, step_hours=step_hours)
        self.scenes, self.declared, self.law = tuple(scenes), declared_of_learned(), law
        self.provoking = provoking
        self.memory = Memory(law, len(members)) if past is None else past.memory.later(0.0, len(members))
        self.unnamed = members.summaries["unnamed"]
        if past is not None:
            past.restore(self.posts)
            self.unnamed[: past.members] = self.memory.people.unnamed[: past.members]
        self._phases = {scene.phase: place for place, scene in enumerate(scenes)}
        self.shelf_share = 14 * profile.posts_per_member_day.value * profile.new_thread_share.value
        """Threads in sight for each member of the place."""
        self.shelf_count = shelves(self)
        self.open = np.flatnonzero(self.posts.parent < 0)
        put_up(self, self.open)
        self.open = in_order(self, self.open)
        self.hour = self.now_hour = self._end = 0.0
        self.phase = 0
        self.coming: dict[int, Hit] = {}
        self.arrivals = Coming(self)
        self.pull: np.ndarray | None = None
        """What policies draw to each post (posts,) in this phase, log; None: nothing."""
        self.features = self._features
        self.names = scenes[0].actions.names
        self.kinds, self.tones, self.reads_on, self.aimless = (
            self._kinds,
            self._tones,
            self._lurks,
            self._aimless,
        )
        self.needs_post = named(self.names, ("upvote", "downvote", "report", "reply"))
        self.replies = named(self.names, ("reply",))
        self.nobody = none = nobody_comes(len(self.features), len(self.names))
        self._empty = View(
            none.rows,
            Shown.alone(none.seen),
            none.focus,
            none.features,
            none.options,
            self.features,
            self.names,
        )
        self._nothing_asked: tuple[Situations, ...] | None = None
        self.together = Together([self])
        self.ready: Moment | Exception | None = None
        """Who comes in the phase that is on, once that was worked out."""
        self.done: tuple[np.ndarray, Acts] | None = None
        """What members chose in this phase and the acts that it comes to, once that was worked out."""

    @staticmethod
    def join(forums: Sequence["LearnedForum"]) -> list[tuple[list[int], Together]]:
        """Those that work out together who comes and what is attended to; see `sim.community.Joint`."""
        return join(forums)

    # --- time ---

    def open_step(self, world: Any) -> None:
        super().open_step(world)
        self.hour = world.now * self.hours
        self.now_hour = self.hour + 0.5 * self.hours

    def set_scene(self, world: Any) -> None:
        """A place with a past needs no opening threads."""

    def rhythm(self, step: int) -> float:
        return self.law.rhythm[int(step * self.hours) % 24]

    def moment(self, world: Any) -> None:
        """Come to the middle of the phase that is on. What is written stands at its end, so that the next phase counts whole."""
        self.phase = self._phases[world.phase]
        length = self.hours / len(self.scenes)
        self.now_hour = world.now * self.hours + (self.phase + 0.5) * length
        self._end = self.now_hour + 0.5 * length

    # --- who comes, and what they attend to ---

    def come(self, world: Any) -> None:
        """Find who comes in this phase, each for the one thing that came first."""
        members, now, found = self.members, world.now, self.arrivals.coming(world, self.phase)
        if found:
            joined, left, away = members.joined, members.left, members.away_until
            found = {
                row: hit
                for row, hit in found.items()
                if joined[row] <= now and left[row] > now and away[row] <= now
            }
        self.coming = found

    @property
    def idle(self) -> bool:
        """Whether nobody comes in the phase that is on, as was worked out."""
        return self.ready is self.nobody

    def active(self, world: Any) -> np.ndarray:
        """Whoever comes in this phase, as it was worked out for all worlds together, or is now for this one."""
        if self.ready is None:
            self.together.prepare([world])
        found, self.ready = self.ready, None
        if isinstance(found, Exception):
            raise found
        assert found is not None
        self._shown: Moment = found
        return found.rows

    def show(self, world: Any, rows: np.ndarray) -> View:
        moment = self._shown
        if len(rows) != len(moment.rows):
            moment = moment.of(np.isin(moment.rows, rows))
        if not len(moment.rows):
            return self._empty
        self.last_shown, self._asked_as = (moment.first, moment.tones), (moment.persona, moment.ids)
        seen = Shown.alone(moment.seen if len(self.posts) else moment.seen[:, :0])
        return View(
            moment.rows, seen, moment.focus, moment.features, moment.options, self.features, self.names
        )

    def situations(self, world: Any, view: View) -> Situations:
        if len(view.rows):
            return self._asked(world, view, *self._asked_as)
        if self._nothing_asked is None:
            self._nothing_asked = tuple(
                Situations(scene, view.features, view.options, view.rows, view.rows) for scene in self.scenes
            )
        return self._nothing_asked[self.phase]

    # --- what acts leave behind ---

    def act(self, world: Any, view: View, choice: np.ndarray) -> Acts:
        """As they were worked out for all worlds together, or are now for this one."""
        done, self.done = self.done, None
        if done is not None and done[0] is choice:
            return done[1]
        return acts_of(self.together, [Chosen(world, view, choice)])[0] if len(view.rows) else NO_ACTS

    def apply(self, world: Any, acts: Acts) -> None:
        self.together.apply([world], [acts])

    def apply_alone(self, world: Any, acts: Acts) -> None:
        """As in any forum."""
        super().apply(world, acts)

    @property
    def provoker(self) -> int:
        """Row 0, which sets the scene."""
        return 0

    def provoke(self, world: Any) -> None:
        """A hostile post opens the focal thread, hotter than a share `provoking` of threads; where all are alike, as hot as any."""
        spark = self._publish(world, "spark", np.array([self.provoker]), HOSTILE, 0.0)
        self.memory.posts.hot[spark] = self._hotness(np.array([self.provoking]))

    def _hotness(self, lot: np.ndarray) -> np.ndarray:
        """Logs of hotness (n,) at quantiles in (0, 1) of its law."""
        shape = self.law.hotness
        return np.log(gammaincinv(shape, lot) / shape) if shape else np.zeros(len(lot))

    def note_arrivals(self, world: Any) -> None:
        """A newcomer is in the log when it first writes: those who stay away leave nothing."""

    def post_ids(self, rows: np.ndarray, now: int, ordinal: int = 0) -> np.ndarray:
        return post_id(self.members.id[rows], now, ordinal or ORDINAL_OF_PHASE[self.phase])

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
        """As in any forum, by members each of whom writes once; ids follow from who writes when, and none are given."""
        assert ids is None
        written = Written(self, rows, self.members.id[rows], parent, tone, verdict)
        return write(self.together, now, [written], ordinal).rows

    def written_at(self, now: int) -> float:
        """The hour at which what is written now stands there."""
        return max(self._end, now * self.hours)

    def has_written(self, who: int, up: int, now: int) -> None:
        """A member has answered the post `up`, or opened a thread."""
        self.wrote_last[who] = now
        if up >= 0 and self.owes[who] == up:
            self.owes[who] = NOTHING

    def is_read(self, row: int, who: int, answered: int) -> None:
        """A post can be read that a member wrote; `answered` is whom it answers."""
        self.newest_post_of[who] = row
        if answered >= 0 and answered != who:
            self.newest_reply_to[answered] = self.owes[answered] = row

    def _note(self, new: Sequence[int], at: float) -> None:
        """Posts (rows) can be read from now on."""
        posts, memory = self.posts.full, self.memory
        exchange, told, sizes, opened = memory.posts.full.exchange, [], [], []
        for row in new:
            up, root, who = posts.parent.item(row), posts.thread.item(row), posts.author.item(row)
            partner = posts.author.item(up) if up >= 0 else NOTHING
            told.append((row, who, at, up, root, partner, posts.depth.item(row), exchange.item(row)))
            sizes.append(posts.size.item(root))
            if up < 0:
                opened.append(row)
        memory.appeared(told, sizes)
        if opened:
            self.open_threads(np.array(opened))

    def open_threads(self, opened: np.ndarray) -> None:
        """Threads (rows) come into sight."""
        posts = self.posts
        if self.law.hotness:
            lot = noise.uniform(self.luck.at(int(posts.step[opened[0]])), "hot", 0, posts.id[opened])
            self.memory.posts.hot[opened] = self._hotness(lot)
        put_up(self, opened)
        self.open = in_order(self, np.concatenate([self.open, opened]))

    def appear(self, new: np.ndarray) -> None:
        """As in any forum; what was held or removed and comes back is read from now on."""
        super().appear(new)
        seen = self.memory.posts
        known = [row for row in new.tolist() if row < seen.count and seen.hour[row] == 0.0]
        if known:
            self._note(known, self._end)

    def vanish(self, gone: np.ndarray, now: int) -> None:
        super().vanish(gone, now)
        for row in gone.tolist():
            self.memory.vanished(row)
