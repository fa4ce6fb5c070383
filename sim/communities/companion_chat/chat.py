"""The rules of companion chat. A turn: each user says something, then its companion replies; then convictions move.

A user has a *conviction* s in [0, 1]: how far it holds a delusion to be true. What it says is one of five levels, and has a
DelusionScore. The reply affirms, listens or grounds. With a the reply's affirmation (1, 0, or -dose * s),

    s <- clip(s + gain * susceptibility * a * (1 - s) - reversion * (s - rest) + Normal(0, unrest), 0, 1)

The setting is that of arXiv 2603.19574, whose full text could not be read: this equation is our own.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field
from scipy.special import ndtri

from windtunnel.policies.base import WorldFace
from windtunnel.sim import noise
from windtunnel.sim.communities.companion_chat.levels import HIGH, LEVELS, POSITION, level_score
from windtunnel.sim.communities.companion_chat.score import TextScore
from windtunnel.sim.community import Declared
from windtunnel.sim.members import Members
from windtunnel.sim.plain import PlainActs, PlainCommunity, PlainView
from windtunnel.sim.plain_builder import Settings

Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]


class ChatSettings(Settings):
    """Numbers of `settings:` in conf/community/companion_chat.yaml; `size` is the users, each with a companion."""

    gain: Amount
    rest: Share
    unrest: Amount
    sycophancy: Amount
    """The chance of affirming, as a multiple of the conviction that an utterance speaks of."""
    grounding: Amount
    """The dose of a reply that grounds, where no policy says another."""
    score: Literal["level", "text"]
    """What a DelusionScore is read from: the level of an utterance, or a sentence of our own for it."""
    themes: dict[str, Amount]
    """What users are occupied with, in equal shares, and what it multiplies susceptibility by."""


class CompanionChat(PlainCommunity):
    """Convictions, what was said and what was replied; arrays (n,) by user. Rows 0 to n-1 of `members` are the users,
    row n+i is the companion of user i.

    Policies set, at each turn, `sycophancy`, `dose` (n,) and `resting` (n,).
    """

    def __init__(
        self,
        scenes: Any,
        members: Members,
        declared: Declared,
        settings: ChatSettings,
        texts: TextScore | None,
    ) -> None:
        super().__init__(scenes, members, declared)
        self.settings, self.texts = settings, texts
        self.users = len(members) // 2
        self.ids = members.id[: self.users]
        self.susceptibility = members.traits["susceptibility"][: self.users]
        self.reversion = members.traits["reversion"][: self.users]
        self.conviction = members.traits["conviction"][: self.users].copy()
        self.level = np.zeros(self.users, np.int64)
        self.score = level_score(POSITION[self.level])
        self.replied = np.zeros(self.users)  # -1: grounded, 0: listened to, 1: affirmed; of the last reply
        self.human_until = np.zeros(self.users, np.int64)  # a person replies before this step

    def open_step(self, world: WorldFace) -> None:
        """Nothing is in force until a policy says so, and nobody has said anything yet."""
        self.sycophancy = self.settings.sycophancy
        self.dose = np.full(self.users, self.settings.grounding)
        self.resting, self.spoke = np.zeros((2, self.users), bool)
        self.affirmation, self.answered = np.zeros(self.users), np.zeros(self.users, bool)

    def active(self, world: WorldFace) -> np.ndarray:
        """Users who are here and not resting; then the companions of those who spoke."""
        if world.phase == "reply":
            return self.users + np.flatnonzero(self.spoke)
        return np.flatnonzero(self.members.present(world.now)[: self.users] & ~self.resting)

    def show(self, world: WorldFace, rows: np.ndarray) -> PlainView:
        """A user knows its conviction and the last reply; a companion what its user just said."""
        user = rows % self.users
        view = self.view(
            world,
            rows,
            conviction=self.conviction[user],
            replied=self.replied[user],
            theme=self.members.traits["theme"][user],
            heard=POSITION[self.level[user]],
            sycophancy=self.sycophancy,
        )
        view.about = user if world.phase == "reply" else None
        return view

    def act(self, world: WorldFace, view: PlainView, choice: np.ndarray) -> PlainActs:
        """The choices as acts. Companions are no people: they count as inactive, so that no harm is told of them."""
        acts = super().act(world, view, choice)
        self.members.active_steps[self.users :] = 0
        return acts

    def settle(self, world: WorldFace, acts: PlainActs) -> None:
        """An utterance gets its score, a reply its affirmation, both in per cent."""
        done = acts.passed
        if world.phase == "say":
            rows = acts.rows[done]
            self.level[rows] = [LEVELS.index(kind) for kind in acts.kind[done]]
            self.score[rows] = self._scores(world, rows)
            self.spoke[rows] = True
            acts.amount[done] = np.rint(100 * self.score[rows])
            self.members.summaries["above"][rows] += self.score[rows] >= HIGH
            return
        user, kind = acts.target[done], acts.kind[done]
        grounds = -self.dose[user] * self.conviction[user]
        self.affirmation[user] = np.where(kind == "affirm", 1.0, np.where(kind == "ground", grounds, 0.0))
        self.replied[user] = np.sign(self.affirmation[user])
        self.answered[user] = True
        acts.amount[done] = np.rint(100 * self.affirmation[user])

    def _scores(self, world: WorldFace, rows: np.ndarray) -> np.ndarray:
        if self.texts is None:
            return level_score(POSITION[self.level[rows]])
        lot = world.chance("sentence", self.ids[rows])
        return self.texts.scores(self.members.traits["theme"][rows], self.level[rows], lot)

    def peers(self, world: WorldFace, purpose: str, group: int) -> np.ndarray:
        """A drawn user (n,) of each one's group of so many, by id, who spoke in this turn; -1 where there is none."""
        rows = np.arange(self.users)
        others = rows[:, None] // group * group + np.arange(group)
        there = others < self.users
        others = np.where(there, others, 0)
        there &= (others != rows[:, None]) & self.spoke[others]
        pairs = noise.pair(np.repeat(self.ids, group), self.ids[others.ravel()])
        lot = np.where(there, world.chance(purpose, pairs).reshape(others.shape), -1.0)
        return np.where(there.any(axis=1), others[rows, lot.argmax(axis=1)], -1)

    def close_step(self, world: WorldFace) -> None:
        """Replies move convictions; without one a conviction goes back towards rest."""
        numbers, now = self.settings, self.conviction
        moved = numbers.gain * self.susceptibility * self.affirmation * (1 - now)
        unrest = numbers.unrest * ndtri(world.chance("unrest", self.ids))
        self.conviction = np.clip(now + moved - self.reversion * (now - numbers.rest) + unrest, 0, 1)
        self.members.summaries["conviction_end"][: self.users] = self.conviction

    def measures(self, world: WorldFace) -> Mapping[str, float]:
        """The mean score of those who spoke, how many are high, and shares of the replies."""
        spoke, answered = self.spoke, self.answered
        return {
            "score": float(self.score[spoke].mean()) if spoke.any() else 0.0,
            "high": float((self.score[spoke] >= HIGH).sum()),
            "talking": float(spoke.sum()),
            "affirmed": float((self.affirmation[answered] > 0).mean()) if answered.any() else 0.0,
            "grounded": float((self.affirmation[answered] < 0).mean()) if answered.any() else 0.0,
        }
