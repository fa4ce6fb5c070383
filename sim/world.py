"""A world: one community under one policy schedule and one run of chance, stepped hour by hour.

In each step, in this order:

1. `begin_step`: the community opens the step, then each policy may act on it.
2. `ask`: active members are found, shown what they see, and their situations returned. Nothing changes.
3. a mind (outside) gives each situation a row of log-probabilities; `set_log_probs` leaves them here.
4. `step`: each member's choice is drawn with addressed noise, policies review the acts, and the
   community applies them in an order drawn per member.

A community whose steps have several phases takes 2 to 4 once for each. Everybody in a phase sees the same state: the
one that the phase began with. Phases that are decided `at_once` with the one before are roles of one moment: all of them are
asked and drawn first, then their acts are reviewed and applied, phase by phase. A block of worlds takes each of these four together, so that one batch of questions
serves them all (`sim/lock_step.py`). Where communities of several worlds act together (`sim.community.Joint`), the fourth is taken in three parts: `review`, what the community does
for all of them at once, `skip`.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import mesa
import numpy as np

from windtunnel.agents.situation import Situations
from windtunnel.agents.words import Draft
from windtunnel.policies.base import Policy
from windtunnel.sim import noise
from windtunnel.sim.choice import choose, decision_ids
from windtunnel.sim.community import Community
from windtunnel.sim.events import EventLog
from windtunnel.sim.member import Member
from windtunnel.sim.noise_key import NoiseKey

logging.getLogger("MESA").setLevel(logging.WARNING)  # newer Mesas log every step


class World(mesa.Model):
    """A community, its policies and its chance. Nothing here knows what the members do."""

    may_speak = True
    """Whether its members' acts may be given words: not where the members stand for real people."""
    over = False
    """Whether there is nothing more to be lived."""
    speaks = False
    """Whether they are given words; set by who steps the world, where the mind writes."""

    def __init__(
        self,
        community: Community[Any, Any],
        policies: Sequence[Policy] = (),
        *,
        luck: NoiseKey,
        draw: int = 0,
        seed: int = 0,
        arm: str = "baseline",
        step_hours: float = 1.0,
    ) -> None:
        super().__init__(rng=0)  # Mesa wants one; no behaviour draws from it
        self.community = community
        self.policies = tuple(policies)
        self.draw, self.seed, self.arm = draw, seed, arm
        self.step_hours = step_hours
        self.luck = luck
        self.now = 0
        self.log = EventLog(community.declared.levels)
        self.measured: list[tuple[int, Mapping[str, float]]] = []
        """What the community counted, by step."""
        self._phase = 0
        self.decisions = 0
        self._view: Any = None
        self._rows: np.ndarray | None = None
        self._choice: np.ndarray | None = None
        self.acts: Any = None
        """What members do in the phase that is on, reviewed and not yet applied."""
        self._drawn: list[tuple[int, Any, np.ndarray]] = []
        """Choices that wait for the other roles of this moment: the phase, its view, columns chosen."""
        self._handles: dict[int, Member] = {}

    @property
    def key(self) -> int:
        """The key that addresses this step's chance."""
        return self.luck.at(self.now)

    @property
    def phase(self) -> str:
        """The name of the phase that is on; "" where a step has one."""
        return self.community.scenes[self._phase].phase

    @property
    def phases(self) -> int:
        """How many phases a step has: how often `ask`, `set_log_probs` and `step` come between two `begin_step`."""
        return len(self.community.scenes)

    def begin_step(self) -> None:
        """Open the step: arrivals and what is due, then the policies in their written order."""
        self.open_step()
        if (joint := getattr(self.community, "together", None)) is not None:
            joint.open_step([self])
        self.before_step()

    def open_step(self) -> None:
        """The first part of it: what happens in the community by itself."""
        self.community.open_step(self)

    def before_step(self) -> None:
        """The last part of it: the policies."""
        for policy in self.acting():
            policy.before_step(self)

    def ask(self) -> Situations:
        """The situations of everybody who decides in this phase, one row each; reads, changes nothing."""
        self._view = self.community.show(self, self._active())
        for policy in self.acting():
            policy.offer(self, self._view)
        return self.community.situations(self, self._view)

    def set_log_probs(self, rows: np.ndarray, choice: np.ndarray | None = None) -> None:
        """Leave the mind's (n, actions) log-probabilities for the coming `step`, and the `choice` (n,) where it was drawn already."""
        self._rows, self._choice = rows, choice

    def step(self) -> None:
        """Draw everybody's choice and apply it: the second half of a phase, and after the last one the end of the step.

        Where the next phase is decided at once with this one, the choices wait for it.
        """
        self._drawn.append((self._phase, *self._decided()))
        after = self._phase + 1
        if after == self.phases or not self.community.scenes[after].at_once:
            drawn, self._drawn = self._drawn, []
            for self._phase, self._view, choice in drawn:
                self.apply_choices(choice)
            self._view = None
        self._go_on()

    def review(self) -> None:
        """The first part of `step` where a community applies the acts of several worlds `together`: they are left in `acts`. Then comes `skip`."""
        self._view, choice = self._decided()
        self.acts = self._reviewed(choice)
        self._view = None

    def idle(self) -> bool:
        """Whether nothing can happen in the phase that is on: nobody decides, as was worked out already, and no policy looks at each phase."""
        if not getattr(self.community, "idle", False) or self._drawn:
            return False
        return not any(policy.in_force(self.now) and policy.looks_on for policy in self.policies)

    def skip(self) -> None:
        """Go on to the next phase without `step`: nothing happens in this one, or what does was done for several worlds together."""
        self.steps += 1  # Mesa counts the phases
        self._go_on()

    def _go_on(self) -> None:
        self._phase += 1
        if self._phase == self.phases:
            self._close()

    def waiting(self) -> tuple[Any, np.ndarray]:
        """What members see in the phase that is on, and the columns (n,) that they choose: drawn now where they were not yet."""
        if self._rows is None:
            raise ValueError("step() came before set_log_probs(): begin_step, ask, set_log_probs, then step")
        if self._choice is None:
            self._choice = self._choose(self._rows)
        return self._view, self._choice

    def _decided(self) -> tuple[Any, np.ndarray]:
        """`waiting`, which is over."""
        view, choice = self.waiting()
        self.decisions += len(choice)
        self._rows = self._choice = self._view = None
        return view, choice

    def _close(self) -> None:
        self.community.close_step(self)
        if counted := self.community.measures(self):
            if undeclared := counted.keys() - self.community.declared.measures.keys():
                raise ValueError(f"measures that are not declared: {', '.join(sorted(undeclared))}")
            self.measured.append((self.now, dict(counted)))
        self._phase = 0
        self.now += 1

    def drafts(self) -> list[Draft]:
        """What was written since this was last asked, and still has no words."""
        return self.community.drafts() if self.speaks else []  # type: ignore[attr-defined]

    def say(self, texts: Sequence[str]) -> None:
        """Give the last drafts their words, in the same order."""
        self.community.say(self, texts)  # type: ignore[attr-defined]

    def apply_choices(self, choice: np.ndarray) -> None:
        """Turn choices (n,) of action columns into acts, let the policies review them, apply what is left."""
        self.community.apply(self, self._reviewed(choice))

    def _reviewed(self, choice: np.ndarray) -> Any:
        acts = self.community.act(self, self._view, choice)
        for policy in self.acting():
            policy.review(self, acts)
        return acts

    def acting(self) -> list[Policy]:
        """The policies in force at this step, in their written order."""
        return [policy for policy in self.policies if policy.in_force(self.now)]

    def chance(self, purpose: str, ids: np.ndarray) -> np.ndarray:
        """Uniforms addressed by (world, purpose, step, id): the only chance a policy may use."""
        return noise.uniform(self.key, purpose, self.now, ids)

    def looks(self, rows: np.ndarray, items: np.ndarray) -> np.ndarray:
        """The Gumbels (n, m) with which members (rows) look at items (ids), addressed like all chance."""
        return noise.gumbel(self.key, "attend", self.now, self.community.members.id[rows], items)

    def order(self, ids: np.ndarray) -> np.ndarray:
        """Places of `ids` in this step's order: sorting by a draw each moves nobody when one is missing."""
        return np.argsort(self.chance("order", ids), kind="stable")

    def member(self, row: int) -> Member:
        """A Mesa agent that stands for the member in this row."""
        if row not in self._handles:
            self._handles[row] = Member(self, self.community.members, row)
        return self._handles[row]

    def _active(self) -> np.ndarray:
        """Rows of the members who decide in this phase."""
        return self.community.active(self)

    def draw_of(self) -> tuple[tuple[str, int, int], np.ndarray] | None:
        """By which purpose, step and number of actions the choices that wait are drawn, and the ids (n,) of who decides; None where targets
        are on offer."""
        if getattr(self._view, "targets", None) is not None:
            return None
        ids = decision_ids(self.community.members.id, self._view)
        return (self._purpose, self.now, len(self.community.scenes[self._phase].actions)), ids

    @property
    def _purpose(self) -> str:
        return f"choose {self.phase}" if self.phase else "choose"

    def _choose(self, rows: np.ndarray) -> np.ndarray:
        """The Gumbel-max choice among options: argmax of log-probability plus addressed noise."""
        return choose(self.key, self._purpose, self.now, self.community.members.id, self._view, rows)
