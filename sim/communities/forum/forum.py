"""The forum itself: what an hour in it is made of."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from windtunnel.agents.situation import Line, Scene, Situations
from windtunnel.agents.words import Draft
from windtunnel.sim.communities.forum import extras, feed, ranking
from windtunnel.sim.communities.forum.acts import Acts
from windtunnel.sim.communities.forum.board import Board
from windtunnel.sim.communities.forum.declared import DECLARED, with_extras
from windtunnel.sim.communities.forum.feed import NOTHING, Attention, Dealt, Looks, Own, View
from windtunnel.sim.communities.forum.interests import Interests
from windtunnel.sim.communities.forum.member_prompt import Thread, thread_lines
from windtunnel.sim.communities.forum.moderation import Moderation
from windtunnel.sim.communities.forum.once import Once
from windtunnel.sim.communities.forum.post_texts import Speech
from windtunnel.sim.communities.forum.posts import CIVIL, HEATED, SET_UP, TONES, VISIBLE, Posts
from windtunnel.sim.communities.forum.profile import Profile
from windtunnel.sim.communities.forum.settings import MEMBERS_A_THREAD, Settings
from windtunnel.sim.communities.forum.ties import Ties
from windtunnel.sim.communities.forum.traits import NEWCOMER_PERSONA, ForumMembers, usual_rate
from windtunnel.sim.communities.forum.waking import VISITS, answer_hazard, readiness
from windtunnel.sim.events import NOBODY
from windtunnel.sim.feed_rule import FeedRule
from windtunnel.sim.noise_key import NoiseKey

CALM_REPLIES = 2.0
"""Civil replies that a thread is taken to have beside its recent ones, so that one hot reply makes no quarrel. Chosen."""


class Forum(Board):
    """Threads, replies, votes, reports; a ranked feed; newcomers and regulars; moderators with limited attention."""

    def __init__(
        self,
        scene: Scene,
        profile: Profile,
        settings: Settings,
        members: ForumMembers,
        follows: np.ndarray,
        *,
        luck: NoiseKey,
        step_hours: float = 1.0,
    ) -> None:
        self.luck = luck
        self.declared, self.scenes = with_extras(DECLARED, settings.extras), (scene,)
        self.profile, self.settings, self.hours = profile, settings, step_hours
        self.members: ForumMembers = members
        self.follows = follows
        self.posts = Posts()
        self.speech = Speech()
        count = len(self.members)
        self.newest_reply_to = np.full(count, NOTHING, np.int32)
        self.owes = np.full(count, NOTHING, np.int32)
        """By member: the newest reply to it (a row of posts) that it has not answered."""
        self.usual_rate = usual_rate(profile)
        self.voted, self.reported = Once(), Once()
        self.newest_post_of = np.full(count, NOTHING, np.int32)
        self.wrote_last = np.full(count, -(10**6), np.int32)
        self.warned_until = np.zeros(count, np.int32)
        self.camp = members.traits["camp"].astype(int) if settings.camps else None
        """By member: 0 or 1; None where there are no camps."""
        self.ties = Ties(follows, count) if settings.can_follow or settings.can_repost else None
        self.interests = None if settings.reader_weight is None else Interests(self, settings.reader_weight)
        self.counted: dict[str, float] = {}
        if self.interests is not None:
            members.summaries |= {"pull": self.interests.pulls, "feeds_read": self.interests.read}
        self.moderation = Moderation(self)
        self._kinds = np.array([name.split("_")[0] for name in scene.actions.names])
        self._lurks = self._kinds == "lurk"
        self._aimless = np.isin(self._kinds, ("post", "leave", "switch"))
        level = {name: place for place, name in enumerate(TONES)}
        self._tones = np.array(
            [level.get(name.rpartition("_")[2], NOBODY) for name in scene.actions.names], np.int8
        )
        self._features = tuple(feature.name for feature in scene.features)

    # --- the community's part of a step, in the order that the world calls it ---

    def open_step(self, world: Any) -> None:
        """Opening threads and the spark, arrivals noted, heat cooled, moderators back at their desk."""
        self._cool(self.hours)
        self.moderation.open_step()
        self.counted = extras.counts_of(self.settings)
        if self.interests is not None:
            self.interests.open_step()
        if world.now == 0:
            self.set_scene(world)
        if world.now == self.settings.spark_step:
            self.provoke(world)
        self.note_arrivals(world)

    def note_arrivals(self, world: Any) -> None:
        """Newcomers of this step are in the log."""
        if world.now > 0:
            world.log.add(world.now, "join", self.members.id[self.members.joined == world.now])

    def provoke(self, world: Any) -> None:
        """The provoking post opens the focal thread."""
        self._publish(world, "spark", np.array([self.provoker]), HEATED, self.settings.spark_pull)

    @property
    def provoker(self) -> int:
        """Row of the member whose post provokes."""
        return self.settings.provoker

    def set_scene(self, world: Any) -> None:
        """The opening threads."""
        self._publish(world, "open", self.settings.openers, CIVIL, 0.0)

    def rhythm(self, step: int) -> float:
        """How lively the hour of the day is, beside the others, by the profile."""
        return self.profile.rhythm[int(step * self.hours) % 24]

    def active(self, world: Any) -> np.ndarray:
        """Whoever is there and comes in, by itself or because somebody has answered."""
        members, hours = self.members, world.step_hours
        awake = world.chance("active", members.id) < self.comes_in(world.now, hours)
        return np.flatnonzero(awake & members.present(world.now))

    def comes_in(self, now: int, hours: float) -> np.ndarray:
        """The chance (members,) to come in within the `hours` up to now."""
        expected = self.members.rate * hours
        owing = np.flatnonzero(self.owes >= 0)
        reply = self.owes[owing]
        there = self.posts.state[reply] == VISIBLE
        owing, reply = owing[there], reply[there]
        since = (now - self.posts.step[reply]) * self.hours
        ready = readiness(self.members.rate[owing], self.usual_rate)
        expected[owing] += VISITS * ready * answer_hazard(self.profile, since, hours)
        return -np.expm1(-self.rhythm(now) * expected)

    def show(self, world: Any, rows: np.ndarray) -> View:
        """The feed that each active member sees and the item it attends to; reads, changes nothing."""
        attention = self.attention(world, rows)
        return self.view(world, attention, self.attend(attention, world.looks))

    def feeds(self, now: int) -> int:
        """How many feeds there are by now: as the profile's members open threads, whatever they do here, so that it is the same in
        every arm.
        """
        size, profile, at_first = self.settings.scale, self.profile, self.settings.opening_threads
        a_day = size * profile.posts_per_member_day.value * profile.new_thread_share.value
        opened = size / MEMBERS_A_THREAD if at_first is None else at_first
        return self.settings.feeds(size, opened + a_day * now * self.hours / 24)

    def attention(self, world: Any, rows: np.ndarray) -> Attention:
        """What draws the eyes of these members now."""
        return feed.attention(self, world, rows, self._own_items(rows), self.deal(world))

    def deal(self, world: Any) -> Dealt:
        """What all have before them now."""
        return feed.deal(self, world)

    def attend(self, attention: Any, looks: Looks) -> np.ndarray:
        """The item (n,) that each member attends to; NOTHING where there is none."""
        return feed.attend(attention, looks)

    def view(self, world: Any, attention: Any, focus: np.ndarray) -> View:
        """What members have before them who attend to `focus`: what that says to them, and what they can do about it."""
        rows, now, posts, names = attention.rows, world.now, self.posts, self.scene.actions.names
        view = View(
            rows,
            attention.seen,
            focus,
            self._measure(rows, focus, now),
            np.ones((len(rows), len(names)), bool),
            self._features,
            names,
        )
        view.withdraw(focus == NOTHING, "upvote", "downvote", "report", "reply")
        view.withdraw((focus >= 0) & (posts.locked_until[posts.thread[focus]] > now), "reply")
        view.withdraw(self.voted.has(rows, focus), "upvote", "downvote")
        view.withdraw(self.reported.has(rows, focus), "report")
        if self.settings.spark_step is not None and now < self.settings.spark_step:
            view.withdraw(rows == self.provoker, "leave")
        extras.withdraw(self, view)
        return view

    def situations(self, world: Any, view: View) -> Situations:
        return self._asked(world, view, self.personas(view.rows, world.now), self.members.id[view.rows])

    def _asked(self, world: Any, view: View, persona: np.ndarray, ids: np.ndarray) -> Situations:
        """The situations of members who read as these personas (n,) and have these `ids` (n,)."""
        rows, now = view.rows, world.now
        threads: dict[int, Thread] = {}
        return Situations(
            self.scene,
            view.features,
            view.options,
            persona,
            ids,
            describe=lambda row: [
                *thread_lines(self, now, int(rows[row]), int(view.focus[row]), threads),
                *self._notices(view.features[row]),
                Line("member", self.scene.personas[persona[row]].told),
            ],
        )

    def _notices(self, features: np.ndarray) -> list[Line]:
        """What policies tell a member at this decision that stands in no thread, in the words of the scene."""
        return [
            Line("member", feature.words[int(np.searchsorted(feature.edges, value, side="right"))])
            for feature, value in zip(self.scene.features, features, strict=True)
            if feature.name == "reminder"
        ]

    def personas(self, rows: np.ndarray, now: int) -> np.ndarray:
        """Which persona each member reads as; newcomers have one of their own."""
        members = self.members
        return np.where(members.newcomer_until[rows] > now, NEWCOMER_PERSONA, members.persona[rows])

    def act(self, world: Any, view: View, choice: np.ndarray) -> Acts:
        """Choices (n,) as acts in this step's drawn order; what was seen is noted here."""
        members = self.members
        members.note_active(view.rows, world.now)
        members.exposures[view.rows] += self.shown(view)
        if self.interests is not None:
            self.interests.note()
        doing = np.flatnonzero(~self._lurks[choice])
        if len(doing) > 1:
            doing = doing[world.order(members.id[view.rows[doing]])]
        kind, rows = self._kinds[choice[doing]], view.rows[doing]
        return Acts(
            rows=rows,
            ids=members.id[rows],
            kind=kind,
            tone=self._tones[choice[doing]],
            target=np.where(self._aimless[choice[doing]], NOTHING, view.focus[doing]),
            verdict=np.zeros(len(doing), np.int8),
            policy=np.full(len(doing), -1, np.int16),
        )

    def shown(self, view: View) -> np.ndarray:
        """How many items of each tone each member is shown: (n, tones)."""
        return feed.exposures(view.seen, self.posts)

    def apply(self, world: Any, acts: Acts) -> None:
        """Votes, reports and departures as they are; replies and opening posts become posts, held or visible."""
        now, wrote = world.now, acts.writes
        told = self.speech.told(self, world, acts.rows[wrote], acts.target[wrote]) if world.speaks else []
        kinds = acts.kinds
        if not wrote.all():
            self._vote(acts, *kinds, now)
        if self.settings.extras:
            extras.done(self, acts, now)
        columns = acts.rows, acts.target, acts.tone, acts.verdict
        if wrote.all():
            new = self._write(now, *columns)
            target, place = self._ids(new)
        else:
            target, place = self._aims(acts.target)
            new = self._write(now, *(column[wrote] for column in columns))
            target[wrote], place[wrote] = self._ids(new)
        first = self.log_acts(world, acts, kinds, target, place)
        if world.speaks:
            self.speech.wrote(self, world, told, new, first + np.flatnonzero(wrote))

    def log_acts(
        self,
        world: Any,
        acts: Acts,
        kinds: tuple[list[str], np.ndarray],
        target: np.ndarray,
        place: np.ndarray,
    ) -> int:
        """Acts are in the log: `kinds` are theirs, `target` (n,) and `place` (n,) ids of posts and of their threads; gives the first one's row."""
        log, (names, of_kind) = world.log, kinds
        return log.add(  # type: ignore[no-any-return]
            world.now,
            names[0] if len(names) == 1 else log.codes(names)[of_kind],
            acts.ids,
            target=target,
            place=place,
            tone=acts.tone,
            status=log.codes(["done", "cancelled", "held"])[acts.verdict] if acts.verdict.any() else "done",
            policy=acts.policy,
        )

    def _vote(self, acts: Acts, kinds: list[str], of_kind: np.ndarray, now: int) -> None:
        """What members did but write: votes, reports, departures."""
        posts, passed = self.posts, acts.passed
        did = {kind: passed & (of_kind == place) for place, kind in enumerate(kinds)}
        for kind, column, sign in (
            ("upvote", posts.score, 1),
            ("downvote", posts.score, -1),
            ("report", posts.reports, 1),
        ):
            if kind in did and len(hit := acts.target[did[kind]]):
                column += sign * np.bincount(hit, minlength=len(posts)).astype(np.int32)
        for done, what in ((self.voted, ("upvote", "downvote")), (self.reported, ("report",))):
            some = [did[kind] for kind in what if kind in did]
            if some:
                which = np.logical_or.reduce(some)
                done.add(acts.rows[which], acts.target[which])
        if "leave" in did:
            self.members.left[acts.rows[did["leave"]]] = now + 1
        extras.vote(self, acts)

    def measures(self, world: Any) -> Mapping[str, float]:
        """What a forum counts that has more than every forum."""
        return self.counted | dict(self.interests.measures() if self.interests is not None else {})

    @property
    def feed_rule(self) -> FeedRule:
        """Whose interest the feed is ranked for in this step, where it is."""
        assert self.interests is not None  # policies that read it need the setting
        return self.interests.rule

    def rank(self, name: str, pull: np.ndarray, now: int) -> None:
        """Let a ranker decide `pull` (posts, log), in place."""
        ranking.rank(self, name, pull, now)

    def drafts(self) -> list[Draft]:
        """Posts that want words."""
        return self.speech.drafts()

    def say(self, world: Any, texts: Sequence[str]) -> None:
        """The words of the last drafts."""
        self.speech.say(world, texts)

    def links(self) -> tuple[np.ndarray, np.ndarray]:
        """Ids of all replies, and of the posts that they answer."""
        posts = self.posts
        replies = np.flatnonzero(posts.parent >= 0)
        return posts.id[replies], posts.id[posts.parent[replies]]

    def _publish(self, world: Any, kind: str, rows: np.ndarray, tone: int, appeal: float) -> np.ndarray:
        """Opening posts that the community's set-up makes, not a member's choice."""
        nothing = np.full(len(rows), NOTHING)
        told = self.speech.told(self, world, rows, nothing) if world.speaks else []
        new = self._write(
            world.now, rows, nothing, np.full(len(rows), tone), np.zeros(len(rows)), ordinal=SET_UP
        )
        self.posts.appeal[new] += appeal
        ids = self.posts.id[new]
        first = world.log.add(world.now, kind, self.members.id[rows], target=ids, place=ids, tone=tone)
        if world.speaks:
            self.speech.wrote(self, world, told, new, first + np.arange(len(rows)))
        return new

    def _born_with(self, key: int, ids: np.ndarray) -> dict[str, np.ndarray]:
        return extras.born_with(self, key, ids)

    def _own_items(self, rows: np.ndarray) -> list[Own]:
        """For each member, the newest reply to it and the newest post of somebody it notices."""
        noticed = np.full(len(rows), NOTHING, np.int32)
        founders = rows < len(self.follows)
        if self.follows.shape[1]:
            friends = self.follows[rows[founders]]
            noticed[founders] = np.where(friends < 0, NOTHING, self.newest_post_of[friends]).max(axis=1)
        if self.ties is not None:
            noticed = self.ties.newest(rows, noticed, self.newest_post_of)
        own = [Own(self.owes[rows], self.settings.reply_to_me_pull), Own(noticed)]
        return [*own, Own(self.ties.shown(rows))] if self.ties is not None else own

    def _measure(self, rows: np.ndarray, focus: np.ndarray, now: int) -> np.ndarray:
        """The raw features (n, features) of what each member attends to; 0 where it found nothing."""
        posts = self.posts
        found = focus >= 0
        thread = posts.thread[focus] if len(posts) else focus
        columns: dict[str, np.ndarray] = {
            "newcomer": self.members.newcomer_until[rows] > now,
            "warned": self.warned_until[rows] > now,
            "temper": self.members.traits["temper"][rows],
        }
        if len(posts):
            addressed = found & (posts.answered[focus] == rows)
            columns |= {
                "tone": found * posts.tone[focus],
                "heat": found * posts.heat[thread] / (posts.recent[thread] + CALM_REPLIES),
                "addressed": addressed,
                "attacked": addressed * posts.tone[focus],
                "score": found * np.sign(posts.score[focus]),
                "counterspeech": found & (posts.calmed_until[thread] > now),
            }
            columns |= extras.noticed(self, rows, focus)
        out = np.zeros((len(rows), len(self._features)))
        for place, name in enumerate(self._features):
            if name in columns:
                out[:, place] = columns[name]
        return out


def known_features() -> Sequence[str]:
    """Names of the features that a forum can measure or a policy can raise."""
    return (
        "tone",
        "heat",
        "addressed",
        "attacked",
        "score",
        "newcomer",
        "temper",
        "reminder",
        "warned",
        "counterspeech",
        "other_camp",
        "noted",
        "fits",
        "marked",
        "choosing",
    )
