"""Worlds in lock-step: in each phase of a step one batch of questions serves all of them.

A step of a block is read in `LockStep.step`: begin, then for each phase ask, decide, apply. A world whose code breaks stops
there, with the stage and the reason; the others go on.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from windtunnel.agents.minds.base import Mind, Unanswered
from windtunnel.agents.situation import Situations
from windtunnel.sim.choice import MOST_TOGETHER, choose_together
from windtunnel.sim.community import Joint
from windtunnel.sim.watch import Progress, raise_if_stopped
from windtunnel.sim.world import World

Answers = Mapping[int, "np.ndarray | Unanswered"]


class LockStep:
    """Worlds of one community, and the mind that answers for all their members. `failed` holds (stage, reason) by place."""

    def __init__(self, worlds: Sequence[World], mind: Mind) -> None:
        self.worlds, self.mind = worlds, mind
        self.failed: dict[int, tuple[str, str]] = {}
        self.now = 0
        self._joint = joined(worlds)
        self._joined = {place for places, _ in self._joint for place in places}
        self.writes = bool(getattr(mind, "words", False))
        for world in worlds:
            world.speaks = self.writes and world.may_speak and hasattr(world.community, "say")

    def step(self) -> int:
        """One step of all worlds; gives how many took part in its last phase."""
        lived = 0
        self.begin()
        for _ in range(self.worlds[0].phases if self.worlds else 0):
            asked = self.ask()
            lived = len(asked) + self.skip(asked)
            self.apply(self.decide(asked))
            self.speak()
        self.now += 1
        return lived

    def begin(self) -> None:
        """Open the step in each world; what was put up by itself gets its words before anybody looks at it."""
        together = self._joined
        for place in self.alive():
            world = self.worlds[place]
            self._try(place, "begin", world.open_step if place in together else world.begin_step)
        self._together("begin", lambda joint, worlds: joint.open_step(worlds))
        for place in self.alive():
            if place in together:
                self._try(place, "begin", self.worlds[place].before_step)
        self.speak()

    def ask(self) -> Mapping[int, Situations]:
        """The situations of each world's active members; communities that can work out together what they ask do it first."""
        self._together("situations", lambda joint, worlds: joint.prepare(worlds))
        busy = [place for place in self.alive() if not self.worlds[place].idle()]
        asked = {place: self._try(place, "situations", self.worlds[place].ask) for place in busy}
        return {place: situations for place, situations in asked.items() if place not in self.failed}

    def skip(self, asked: Mapping[int, Situations]) -> int:
        """Let worlds in which nobody does anything in this phase go on to the next; gives how many."""
        idle = [place for place in self.alive() if place not in asked]
        for place in idle:
            self._try(place, "apply", self.worlds[place].skip)
        return len(idle)

    def decide(self, asked: Mapping[int, Situations]) -> Answers:
        """The mind's rows of log-probabilities, all worlds in one batch."""
        return dict(zip(asked, self.mind.decide(list(asked.values())), strict=True))

    def apply(self, answers: Answers) -> None:
        """Draw and apply everybody's choice; a world whose question had no answer stops."""
        drawn = self._drawn(answers)
        for place, answer in answers.items():
            world = self.worlds[place]
            if isinstance(answer, Unanswered):
                self.failed[place] = (f"{answer.stage}, step {world.now}", answer.reason)
            else:
                world.set_log_probs(answer, drawn.get(place))
        self._together("apply", lambda joint, worlds: joint.act(worlds), answers)
        together = self._joined
        for place in self._going_on(answers):
            world = self.worlds[place]
            self._try(place, "apply", world.review if place in together else world.step)
        self._together(
            "apply", lambda joint, worlds: joint.apply(worlds, [each.acts for each in worlds]), answers
        )
        for place in self._going_on(answers):
            if place in together:
                self._try(place, "apply", self.worlds[place].skip)

    def _drawn(self, answers: Answers) -> dict[int, np.ndarray]:
        """Choices by place, of worlds in which few decide: drawn in one go for all whose chance has the same purpose."""
        alike: dict[tuple[str, int, int], list[tuple[int, np.ndarray, np.ndarray]]] = {}
        room = MOST_TOGETHER
        for place, answer in answers.items():
            if not isinstance(answer, np.ndarray) or not 0 < len(answer) <= room:
                continue
            if (draw := self.worlds[place].draw_of()) is not None:
                alike.setdefault(draw[0], []).append((place, draw[1], answer))
                room -= len(answer)
        found: dict[int, np.ndarray] = {}
        for (purpose, step, _), some in alike.items():
            if len(some) > 1:
                places, ids, logp = zip(*some, strict=True)
                keys = [self.worlds[place].key for place in places]
                found |= zip(places, choose_together(keys, purpose, step, ids, logp), strict=True)
        return found

    def speak(self) -> None:
        """Give what members have put up its words, one batch for all worlds, where the mind writes."""
        drafts = {place: self.worlds[place].drafts() for place in self.alive()} if self.writes else {}
        drafts = {place: some for place, some in drafts.items() if some}
        if not drafts:
            return
        texts = self.mind.write(list(drafts.values()))  # type: ignore[attr-defined]
        for place, said in zip(drafts, texts, strict=True):
            if isinstance(said, Unanswered):
                self.failed[place] = (f"{said.stage}, step {self.now}", said.reason)
            else:
                self._try(place, "words", partial(self.worlds[place].say, said))

    def _going_on(self, places: Collection[int]) -> list[int]:
        return [place for place in places if place not in self.failed]

    def alive(self) -> list[int]:
        """Places of the worlds that go on."""
        return [
            place for place, world in enumerate(self.worlds) if place not in self.failed and not world.over
        ]

    def _together(
        self, stage: str, action: Callable[[Joint, list[World]], None], among: Collection[int] | None = None
    ) -> None:
        """What communities do together, for those of their worlds (`among` these) that go on; where it breaks all of these stop."""
        alive = set(self.alive()) if self._joint else set()
        if among is not None:
            alive &= set(among)
        for places, joint in self._joint:
            there = [place for place in places if place in alive]
            if not there:
                continue
            try:
                action(joint, [self.worlds[place] for place in there])
            except Exception as error:
                for place in there:
                    self._stop(place, stage, error)

    def _try(self, place: int, stage: str, action: Callable[[], Any]) -> Any:
        """What `action` gives; where it breaks its world stops."""
        try:
            return action()
        except Exception as error:
            self._stop(place, stage, error)

    def _stop(self, place: int, stage: str, error: Exception) -> None:
        self.failed[place] = (f"{stage}, step {self.worlds[place].now}", f"{type(error).__name__}: {error}")


def joined(worlds: Sequence[World]) -> list[tuple[list[int], Joint]]:
    """What works out together what several of these worlds ask (their places), where their communities can."""
    kinds: dict[type, list[int]] = {}
    for place, world in enumerate(worlds):
        kinds.setdefault(type(world.community), []).append(place)
    return [
        ([places[seat] for seat in seats], joint)
        for kind, places in kinds.items()
        if hasattr(kind, "join")
        for seats, joint in kind.join([worlds[place].community for place in places])
    ]


def lock_step(
    worlds: Sequence[World], mind: Mind, steps: int, progress: Progress | None = None
) -> dict[int, tuple[str, str]]:
    """Step all worlds together; gives stage and reason for each world (by place) that had to stop."""
    block = LockStep(worlds, mind)
    for _ in range(steps):
        raise_if_stopped()
        asked = block.step()
        if progress:
            progress("steps", asked)
        if not asked:
            break
    return block.failed
