"""A real incident as a case: members fitted from the record, noise inferred from what they did."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from windtunnel.agents.minds.base import Mind
from windtunnel.agents.recall import Retriever
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.importers.imported.dates import start_of
from windtunnel.analysis.incidents.base import Incident, Rule
from windtunnel.analysis.incidents.forum.acts import ACTS, acts_of_run
from windtunnel.analysis.why.case import WITH, WITHOUT, Branch, Futures
from windtunnel.analysis.why.forum.around import TONES, tempers
from windtunnel.analysis.why.forum.case import ByActs
from windtunnel.analysis.why.forum.in_ticks import after_a_look, in_ticks
from windtunnel.analysis.why.forum.moderators import ModeratorAct, as_policy
from windtunnel.analysis.why.question import Question
from windtunnel.conf import content
from windtunnel.policies.base import Policy
from windtunnel.sim import noise
from windtunnel.sim.communities.forum.inference import Inference, infer
from windtunnel.sim.communities.forum.learned.heat import Heat, Watch, heat_of
from windtunnel.sim.communities.forum.learned.recorded import LearnedRecordForum
from windtunnel.sim.communities.forum.learned.remembered import NO_HISTORY, History
from windtunnel.sim.communities.forum.led import Led, State
from windtunnel.sim.communities.forum.profile import Profile
from windtunnel.sim.communities.forum.record import RecordForum, Words
from windtunnel.sim.communities.forum.record_world import Inferred, RecordWorld
from windtunnel.sim.communities.forum.ticks import BEFORE, Record
from windtunnel.sim.communities.forum.traits import ForumMembers
from windtunnel.sim.experiment import Experiment, PolicySpec
from windtunnel.sim.minds import make_mind
from windtunnel.sim.noise_key import NoiseKey
from windtunnel.sim.run import Run

LUCKS = 64
"""Lucks inferred together, where the forum is the same under all of them."""


@dataclass
class RecordedCase(ByActs):
    """An incident of an imported community, with the thread's record and the people around it.

    `moderators` are the recorded acts of moderators: the past has them. `words` is what the record's posts say, where
    the mind reads it. `labelled` are the posts whose tone is not the scorer's. `attention` scales how often people look in whom the record does not show; 1 is the record's own pace.
    `known`: the members' tempers were found by what they wrote in the record. `history`: what learned members did before.
    `heat`: what was inferred of the thread's lasting hotness; None before, or where threads have none.
    `relived` says which part of a long thread is lived again.
    """

    folder: Folder
    incident: Incident
    acts: pl.DataFrame
    written: pl.DataFrame
    rules: dict[str, Rule]
    experiment: Experiment
    llm: dict[str, Any]
    record: Record
    numbers: np.ndarray
    names: list[str]
    people: ForumMembers
    moderators: tuple[ModeratorAct, ...] = ()
    words: Words | None = None
    relived: str = ""
    labelled: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    attention: float = 1.0
    known: bool = False
    heat: Heat | None = None
    history: History = NO_HISTORY
    root: int = 0
    hours: float = 1 / 60
    real: bool = True
    inferred: dict[int, Inferred] = field(default_factory=dict)
    led: "Past | None" = None
    not_offered: tuple[int, ...] = ()
    note: Callable[[int], None] | None = None

    @property
    def out(self) -> Path:
        """The imported folder."""
        return self.folder.path

    @property
    def start(self) -> int | None:
        return start_of(self.out)

    @property
    def first(self) -> int:
        return self.record.ticks[0].minute

    @property
    def last(self) -> int:
        return int(self.record.ticks[-1].minute)

    @property
    def ticks(self) -> int:
        return len(self.record.ticks)

    @property
    def learned_tones(self) -> bool:
        """Whether members answer in tones that were learned from the record."""
        part = self.experiment.builder().learned
        return part is not None and part.law.tone is not None

    @property
    def nameless(self) -> bool:
        """Whether the thread has replies without a name."""
        return self.acts.filter((pl.col("kind") == "reply") & pl.col("member").is_null()).height > 0

    def specs(self) -> list[tuple[PolicySpec, int]]:
        return []

    def schedule(self) -> list[Policy]:
        return [self._policy(act) for act in self.moderators]

    def _policy(self, act: ModeratorAct) -> Policy:
        if act.kind == "lock":
            return as_policy(act, thread=self.thread_id)
        if act.kind == "remove":
            return as_policy(act, posts=(self.post_id(act.post),))  # type: ignore[arg-type]
        return as_policy(act, member=self.member_id(act.member))  # type: ignore[arg-type]

    @property
    def shareable(self) -> bool:
        """No: the inferred noise is larger than the work is long."""
        return False

    def mind(self) -> Mind:
        return make_mind(self.experiment)

    def again(self, numbers: Sequence[int]) -> bool:
        """Yes where the chance is the record's own to the end."""
        return min(numbers) >= 0

    def noticing(self, raised: Sequence[str]) -> "RecordedCase":
        told = {*raised, *(name for policy in self.schedule() for name in policy.raised())}
        return self._changed(experiment=replace(self.experiment, notices=frozenset(told)))

    def with_attention(self, attention: float) -> "RecordedCase":
        return self._changed(attention=attention)

    def with_retriever(self, retriever: Retriever) -> "RecordedCase":
        """The same case had members' memory other favourites."""
        settings = {**self.experiment.community["settings"], "retriever": retriever.model_dump()}
        community = {**self.experiment.community, "settings": settings}
        return self._changed(experiment=replace(self.experiment, community=community))

    def with_tones(self, tone: np.ndarray, acts: pl.DataFrame) -> "RecordedCase":
        """The same case had the thread's acts other tones (n,)."""
        both = np.concatenate([tone, self.record.tone[self.record.own :]])
        return self._changed(record=replace(self.record, tone=both), acts=acts)

    def _changed(self, **changes: Any) -> "RecordedCase":
        return replace(self, **changes, inferred={}, led=None)

    def luck(self, number: int) -> NoiseKey:
        return NoiseKey(noise.key("record", self.root, number))

    def forum(self, luck: NoiseKey) -> RecordForum:
        kind = self.experiment.builder()
        scene = kind.scenes(self.experiment.raised())[0]
        people = replace_rate(self.people, self.people.rate * self.attention)
        profile, settings, record = believed(kind.profile), kind.settings, self.record
        if kind.learned is None:
            return RecordForum(scene, profile, settings, people, record, luck=luck, words=self.words)
        return LearnedRecordForum(
            scene,
            profile,
            settings,
            people,
            record,
            kind.learned.law,
            luck=luck,
            words=self.words,
            history=self.history,
            pace=self.attention,
            draws=kind.learned.draws,
            heat=self.heat,
            unnamed=np.array([not name for name in self.names]),
        )

    def infer(self, numbers: Sequence[int], mind: Mind, question: Question | None = None) -> None:
        """Draw the noise of these numbers from its posterior, once: with a question from the tick from which its arms may differ, else
        from the first one on.
        """
        begins = [self.begin(question.branch(arm, None, 0)) for arm in (WITHOUT, WITH)] if question else [0]
        since = min((tick for tick in begins if tick is not None), default=0)
        missing = [
            number for number in numbers if number not in self.inferred or self.inferred[number].since > since
        ]
        if not self.known:
            self._know(mind)
        if not missing:
            return
        part = self.experiment.builder().learned
        if self.heat is None and part is not None and part.law.hotness:
            self.heat, self.led = self._heat(part.law.hotness), None
        past = self.past(since)
        lucks = [self.luck(number) for number in missing]
        together = LUCKS if past.forum(lucks[0]).one_for_all else 1
        worlds = [
            Inference(past.forum(some[0]), past.carried(self.schedule()), lucks=some)
            for some in (lucks[low : low + together] for low in range(0, len(lucks), together))
        ]
        found = infer(worlds, mind.decide, self.note)
        self.inferred |= dict(zip(missing, found, strict=True))
        self.not_offered = self.not_offered if since else tuple(worlds[0].not_offered)

    def _know(self, mind: Mind) -> None:
        """Find the members' tempers by what they wrote in the record, situation by situation."""
        alone = Inference(self.forum(self.luck(0)), self.schedule(), lucks=[self.luck(0)])
        infer([alone], mind.decide)
        found = tempers(self.record, self.people.traits["temper"], alone.expected)
        self.people = replace(self.people, traits={**self.people.traits, "temper": found})
        self.known, self.led = True, None

    def past(self, tick: int) -> State:
        """What the record has come to before this tick."""
        if self.led is None:
            self.led = Past(self)
        return self.led.before(tick)

    def begin(self, branch: Branch) -> int | None:
        """The tick from which a future may differ from the record: a policy that the record does not have is on, one that it has is
        not, or chance is new. None where nothing of this is so.
        """
        here = {policy.label: policy.start for policy in branch.policies()}
        there = {policy.label: policy.start for policy in self.schedule()}
        starts = [start for label, start in (here | there).items() if (label in here) != (label in there)]
        if branch.number is not None and branch.number < 0:
            starts.append(branch.fork)
        if not starts:
            return None
        later = (place for place, tick in enumerate(self.record.ticks) if tick.minute >= min(starts))
        return next(later, self.ticks - 1)

    def _heat(self, shape: float) -> Heat:
        """What those who chose the thread, and those who chose another, say of its lasting hotness."""
        forum = self.forum(self.luck(0))
        assert isinstance(forum, LearnedRecordForum)
        watch = forum.watch = Watch(forum)
        Led(forum, self.schedule(), Inferred(), luck=self.luck(0)).lead()
        return heat_of(shape, np.array(watch.odds), np.array(watch.taken, bool))

    def world(self, branch: Branch) -> RecordWorld:
        """The record's own chance (number None or from 0 on), or with a number below 0 new chance after the fork. A replay (None) is
        lived from the beginning to the end, the others from where they may differ from the record and for as long as their thread may change.
        """
        number = branch.number or 0
        luck, inferred = self.luck(max(number, 0)), self.inferred[max(number, 0)]
        if number < 0:
            luck = self.luck(0).redrawn(branch.fork, -number)
        begin = 0 if branch.number is None else self.begin(branch)
        tick = inferred.since if begin is None else begin
        if number >= 0 and tick < inferred.since:
            raise ValueError(
                f"chance was inferred from tick {inferred.since} on, and a future begins at {tick}"
            )
        world: RecordWorld = self.past(tick).world(branch.policies(), inferred, luck=luck, arm=branch.arm)
        world.thread_alone = branch.number is not None
        return world

    def read(self, futures: Futures) -> pl.DataFrame:
        acts = self._acts(futures)
        known = dict(zip(self._own_ids(), self.numbers.tolist(), strict=True))

        def number(column: str) -> pl.Expr:
            return pl.col(column).replace_strict(known, default=-pl.col(column), return_dtype=pl.Int64)

        names = {str(row): name or None for row, name in enumerate(self.names)}
        texts = self.acts.select("post", "text").drop_nulls()
        acts = acts.drop("text").with_columns(
            post=number("post"),
            parent=number("parent"),
            place=number("place").replace({int(self.numbers[0]): self.incident_place}),
            member=pl.col("member").replace(names),
            answered=pl.col("answered").replace(names),
        )
        acts = acts.join(texts, on="post", how="left", maintain_order="left")
        return self._as_recorded(acts).select(list(ACTS))

    def _acts(self, futures: Futures) -> pl.DataFrame:
        """The acts in the thread, in minutes. Whether others could read a post goes by ticks, in which members look in, as a run's
        goes by steps, and with learned members by their looks, as in a run; what the record's own moderators removed stood in the record, and counts.
        """
        events, minutes = in_ticks(futures.events, np.array([tick.minute for tick in self.record.ticks]))
        own = [policy.label for policy in self.schedule()]
        asked = ~pl.col("policy").cast(pl.String).is_in(own)
        if self.experiment.builder().learned is not None:
            asked &= ~pl.lit(after_a_look(futures.events, 60 / looks_an_hour()))
        acts = acts_of_run(events, futures.links, futures.members, events.filter(asked)).filter(
            pl.col("place") == self.thread_id
        )
        return acts.with_columns(step=pl.Series(minutes[acts["step"].to_numpy()], dtype=ACTS["step"]))

    def _as_recorded(self, acts: pl.DataFrame) -> pl.DataFrame:
        """What the record says of its own posts and a world cannot know: whom a reply to what is not in the thread answers
        (in a world it hangs on a post of the thread), and what was taken away by nobody whose act is known.
        """
        own = self.record.parent[: self.record.own]
        parents = [-1 if row < 0 else int(self.numbers[row]) for row in own]
        gone = {act.post for act in self.moderators if act.kind == "remove"}
        told = pl.DataFrame({"post": self.numbers, "hung": parents}).join(
            self.acts.select("post", "removed", said="parent", whom="answered"), on="post"
        )
        told = told.with_columns(taken=pl.col("removed") & ~pl.col("post").is_in(list(gone))).drop("removed")
        acts = acts.join(told, on="post", how="left", maintain_order="left")
        hung = (pl.col("parent") == pl.col("hung")) & pl.col("parent").ne_missing(pl.col("said"))
        return acts.with_columns(
            parent=pl.when(hung).then("said").otherwise("parent"),
            answered=pl.when(hung).then("whom").otherwise("answered"),
            removed=pl.col("removed") | pl.col("taken").fill_null(False),
        )

    @property
    def incident_place(self) -> int:
        return int(self.acts["place"][0])

    def post_number(self, post: int) -> int:
        found = self._own_ids().index(post) if post in self._own_ids() else None
        return -post if found is None else int(self.numbers[found])

    def _own_ids(self) -> list[int]:
        """What the thread's posts are called in its worlds."""
        return self.record.post_ids()[: self.record.own].tolist()

    def post_id(self, number: int) -> int:
        """The world's id of a post by its number in the record."""
        return int(self.record.post_ids()[np.flatnonzero(self.numbers == number)[0]])

    @property
    def thread_id(self) -> int:
        """The world's id of the thread: that of its opening post."""
        return int(self.record.post_ids()[0])

    def member_id(self, name: str) -> int:
        return self.names.index(name)

    def name(self, member: int) -> str:
        return self.names[member] or "without a name"

    def first_moment(self, step: int) -> int:
        """The minute of the first tick from `step` on."""
        return next((tick.minute for tick in self.record.ticks if tick.minute >= step), step)

    def where(self, post: int) -> str:
        """Where a post that is not there may be looked for."""
        posts = self.folder.read_table("posts")
        other = posts.filter(pl.col("post") == post)["thread"]
        file = f"the posts of each thread are in {self.folder.posts.name}, columns thread and post"
        here = f"in thread {self.incident_place} of this record"
        if len(other) and other[0] == self.incident_place:
            return f"in the part of thread {self.incident_place} that is lived again"
        return f"{here}: it is in thread {other[0]}; {file}" if len(other) else f"{here}: {file}"

    def replay(self, unchanged: Run) -> dict[str, int]:
        """How many recorded acts the unchanged world does at their tick, by their author, in their tone, to their target."""
        lived = self.record.tick_of[: self.record.own] != BEFORE
        done = replayed_acts(self.record, unchanged)[lived]
        kept = int((~self.record.decided()[: self.record.own][lived]).sum())
        return {
            "acts": len(done),
            "reproduced": int(done.sum()),
            "kept": kept,
            "not_offered": len(self.not_offered),
        }


def looks_an_hour() -> int:
    """How often learned members look in within an hour of a run."""
    return int(content("mind", "learned")["steps_an_hour"])


class Past:
    """The record's own world, led as far as it was asked for, and what it had come to before each tick."""

    def __init__(self, case: RecordedCase) -> None:
        self.case, self.luck = case, case.luck(0)
        self.world = Led(case.forum(self.luck), case.schedule(), Inferred(), luck=self.luck)
        self.states = {0: State(self.world)}

    def before(self, tick: int) -> State:
        """What it had come to before this tick."""
        if tick not in self.states and tick < self.world.community.place:
            known = self.states[max(one for one in self.states if one < tick)]
            self.world = known.world(self.case.schedule(), Inferred(), luck=self.luck, kind=Led)
        while tick not in self.states:
            self.world.begin_step()
            self.world.follow()
            if self.world.community.place == tick:
                self.states[tick] = State(self.world)
        return self.states[tick]


def replayed_acts(record: Record, run: Run) -> np.ndarray:
    """Bool (own acts,): the run has this act as recorded; a post of the thread that is not in the record makes all False."""
    ids = record.post_ids()[: record.own]
    written = run.events.filter(pl.col("kind").is_in(["reply", "post", "open"]) & (pl.col("place") == ids[0]))
    tone = dict(zip(written["target"].to_list(), written["tone"].to_list(), strict=True))
    parent = dict(zip(run.links["target"].to_list(), run.links["parent"].to_list(), strict=True))
    if set(tone) - set(ids.tolist()):
        return np.zeros(len(ids), bool)
    names = {value: name for name, value in TONES.items()}
    return np.array(
        [
            tone.get(post) == names[int(record.tone[act])]
            and (record.parent[act] < 0 or parent.get(post) == ids[record.parent[act]])
            for act, post in enumerate(ids.tolist())
        ]
    )


BELIEVED = {
    "root_share": (0.02, 0.98),
    "attention_growth": (0.0, 3.0),
    "attention_decay": (0.0, 4.0),
    "attention_recency": (0.0, 4.0),
}
"""Where a law of attention that was fitted to few posts is believed: it may find that replies repel, or that nobody ever
looks at an opening post. Chosen."""


def believed(profile: Profile) -> Profile:
    """The profile with its attention within what is believed."""
    rates = {name: getattr(profile, name) for name in BELIEVED}
    held = {
        name: rate.model_copy(update={"value": float(np.clip(rate.value, *BELIEVED[name]))})
        for name, rate in rates.items()
    }
    return profile.model_copy(update=held)


def replace_rate(people: ForumMembers, rate: np.ndarray) -> ForumMembers:
    """The same members in a state of their own, with other rates."""
    return ForumMembers(
        people.id,
        people.joined,
        rate,
        people.persona,
        people.departs.copy(),
        people.traits,
        newcomer_until=people.newcomer_until,
    )
