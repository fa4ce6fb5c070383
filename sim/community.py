"""What a community is: the contracts that the world, minds and policies hold it to, and what it declares of its tables.

A step of a world has one or more *phases*, each with a scene of its own: harvest, then talk, then fine. In a step:

1. `open_step(world)`: what happens by itself before anybody decides (arrivals, what is due).
2. for each phase: `active`, `show`, `situations` (nothing changes), then, once a mind has answered, `act` and `apply`.
   Roles that decide at the same moment with scenes of their own (sellers and buyers, a user and its companion) are phases of
   which the later ones are `at_once`: all are shown the same state and drawn before any of them acts.
3. `close_step(world)`: what follows from all that was done (growth, pay-offs), then `measures(world)` is written down.

`sim.plain` has a base with all of it but the rules: start there. An example of ten lines:

    class Pond(PlainCommunity):
        def show(self, world, rows):
            return self.view(world, rows, stock=self.stock)

        def settle(self, world, acts):
            self.stock -= acts.amount.sum()

        def close_step(self, world):
            self.stock = min(2 * self.stock, 100)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np

from windtunnel.agents.minds.base import Mind
from windtunnel.agents.situation import Scene, Situations
from windtunnel.agents.words import Draft
from windtunnel.policies.base import Acts, View, WorldFace
from windtunnel.sim.members import Members
from windtunnel.sim.noise_key import NoiseKey

V = TypeVar("V", bound=View)
A = TypeVar("A", bound=Acts)


class Harm(NamedTuple):
    """What a policy may do to some members and not to others, read from a column of `members.parquet`.

    `column` is a declared summary; `unit` says what it counts, in words that follow a number; `polarity` is "harm" or
    "good". The rest has words of its own where it is empty: `name` in tables (the column), `short` heads of columns (the
    unit), `better` and `worse` what is said of those whose lot changed ("left more fish"), `forced` what a policy
    does that decides it by its own mechanism.
    """

    column: str
    unit: str
    polarity: str = "harm"
    name: str = ""
    short: str = ""
    better: str = ""
    worse: str = ""
    forced: str = ""

    def said(self) -> dict[str, str]:
        """All of it in words, by name."""
        return {
            "name": self.name or self.column,
            "unit": self.unit,
            "polarity": self.polarity,
            "short": self.short or self.unit,
            "better": self.better or f"better off in {self.unit}",
            "worse": self.worse or "worse off",
            "forced": self.forced or "decides that by its own mechanism",
        }


class Nouns(NamedTuple):
    """The words that reports use for this community's own things."""

    nothing: str = "no policy"
    """What doing nothing is called: a policy stands "against no policy"."""
    status_quo: str = "what is in force in the real place"
    member: str = "member"
    members: str = "members"
    step: str = "step"
    """What a step is called: "month" or "round"."""
    place: str = ""
    """What the community is called with its article: "a town", "an attention feed"; empty: "a" and its name."""


@dataclass(frozen=True)
class Declared:
    """What a community's tables hold beyond what all communities have in common; all names, nothing measured yet.

    `levels` are the names that the column `tone` of the events may hold, mildest first. `amount` is the unit of that
    column, a whole number. `traits` are fixed before a run, so that they must be equal in both arms; `groups` tell
    members apart by name; `summaries` may change in a run, and `measures` are counted at each step: both name a unit.
    """

    levels: tuple[str, ...] = ()
    amount: str = ""
    traits: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    summaries: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, str] = field(default_factory=dict)
    harms: tuple[Harm, ...] = ()
    nouns: Nouns = Nouns()
    offers: tuple[str, ...] = ()
    """Commands that need more of a community than all have, and that this one serves: `words`, `calibrate` …"""
    absences: bool = False
    """Whether a member can be kept away by hand: `active` then asks `members.present`."""

    def __post_init__(self) -> None:
        for harm in self.harms:
            if harm.column not in self.summaries:
                raise ValueError(
                    f"the harm {harm.column!r} is no declared summary: those are {', '.join(self.summaries) or 'none'}"
                )

    @property
    def fixed(self) -> tuple[str, ...]:
        """Columns of the members' table that no policy can have touched: the negative controls of every pair."""
        groups = tuple(name for name in self.groups if name != "persona")
        return (*groups, "persona", "rate", *self.traits, "joined")


class Community(Protocol[V, A]):
    """The rules of one simulated place, for one world, with kinds of view (V) and acts (A) of its own.

    Methods that take a `world` may draw chance from it (`world.chance(purpose, ids)`) and write to its log; nothing
    else of it may be changed. All arrays have one row for each decision, n in all.
    """

    declared: Declared
    scenes: tuple[Scene, ...]
    """One for each phase of a step, in order; `world.phase` is the name of the one that is on."""

    @property
    def members(self) -> Members:
        """Who is here, as columns."""
        ...

    @property
    def scene(self) -> Scene:
        """The scene of the first phase; its personas are those of all."""
        ...

    def open_step(self, world: WorldFace) -> None:
        """Before the first phase of a step, and before any policy: change what changes by itself."""
        ...

    def active(self, world: WorldFace) -> np.ndarray:
        """Rows (n,) of the members who decide in this phase; reads only. `by_rate(world)` is the usual answer.

        For turns give the one whose turn it is. Called once a phase.
        """
        ...

    def show(self, world: WorldFace, rows: np.ndarray) -> V:
        """What these members see and can do; reads only. Policies then change the view's features and options."""
        ...

    def situations(self, world: WorldFace, view: V) -> Situations:
        """The view as questions, one row a decision, after policies have changed it; reads only."""
        ...

    def act(self, world: WorldFace, view: V, choice: np.ndarray) -> A:
        """Choices (n,), columns of the phase's vocabulary, as acts in an order drawn by `world.order`.

        May note who was active and what was seen; policies review the acts before `apply`.
        """
        ...

    def apply(self, world: WorldFace, acts: A) -> None:
        """Change the state by what policies left of the acts, and log each of them."""
        ...

    def close_step(self, world: WorldFace) -> None:
        """After the last phase of a step: change what follows from it."""
        ...

    def measures(self, world: WorldFace) -> Mapping[str, float]:
        """The declared measures at the end of a step, by name; reads only."""
        ...

    def keep_away(self, world: WorldFace, rows: np.ndarray, until: int) -> None:
        """These members (rows) are not there before the step `until`; called after `open_step`, before the first phase."""
        ...

    def links(self) -> tuple[np.ndarray, np.ndarray]:
        """Ids (m,) of things that answer others, and of what they answer; empty where nothing does."""
        ...


class Joint(Protocol):
    """Communities of several worlds that work out together what they ask and what comes of it: a class of communities that can has `join`.

    `join(communities)` gives, for each group of them that goes together, their places and the group's `Joint`; each has it as
    `together`, and one of its own before. What happens in a world must not depend on which others are there.
    """

    def open_step(self, worlds: Sequence[Any]) -> None:
        """After `open_step` of the communities of these worlds (one or more), all at one step, and before any policy."""
        ...

    def prepare(self, worlds: Sequence[Any]) -> None:
        """Before these worlds (one or more), all at one phase of one step, are asked: work out what each of their communities will show, and leave it
        there."""
        ...

    def act(self, worlds: Sequence[Any]) -> None:
        """Before these worlds (one or more) take their step, whose choices wait: work out what `act` of each of their communities will give,
        and leave it there."""
        ...

    def apply(self, worlds: Sequence[Any], acts: Sequence[Any]) -> None:
        """What `apply` of each of their communities does, with the acts of each that policies have reviewed. No phase of theirs is `at_once`."""
        ...


class Speaking(Protocol):
    """What a community has beside, where its members' acts may be given words."""

    def drafts(self) -> list[Draft]:
        """What wants words since the last call, each with what its writer was told and what is asked of it."""
        ...

    def say(self, world: WorldFace, texts: Sequence[str]) -> None:
        """The words (as many) of the last drafts, in the same order: keep them, and log them by `world.log.say`."""
        ...


class Builder(Protocol):
    """Makes communities of one configuration; an entry point of the group `windtunnel.communities` names its class.

    Made from the resolved yaml; `ValueError` says in a sentence which key is wrong and what would work. One that has `expect(traits_keys)` is
    told of the communities that a block is about to make, so that what is shared by the runs of each can be made for all of them at once.
    """

    declared: Declared

    def __init__(self, config: Mapping[str, Any]) -> None: ...

    def scenes(self, raised: Sequence[str] | set[str] = ()) -> tuple[Scene, ...]:
        """What members are told in each phase of a step; notices that no policy has `raised` may keep one bin."""
        ...

    def make(
        self, scenes: tuple[Scene, ...], *, traits_key: int, luck: NoiseKey, steps: int
    ) -> Community[Any, Any]:
        """A community whose members `traits_key` draws, for a run of so many steps under `luck`.

        Chance that tells who the members are is addressed by `traits_key`, the same for all seeds of a draw; chance
        that happens to them by `luck`.
        """
        ...

    def rules(self, scene: Scene, table: Mapping[str, Any] | None = None) -> Mind:
        """How members decide in this phase under `mind=rules`: a logit over the features (`RulesMind`), or strategies
        (`StrategyMind`).

        `table` holds single coefficients that a user has set, `{feature: {action: [value, source]}}`, on top of its own.
        """
        ...

    def scene(self, raised: Sequence[str] | set[str] = ()) -> Scene:
        """The scene of the first phase."""
        ...

    def alpha(self, scene: Scene) -> np.ndarray:
        """Log base rates (actions,) to which a language model is calibrated where `mind.alpha` is `profile`."""
        ...

    def status_quo(self) -> Mapping[str, Mapping[str, Any]]:
        """Policies with parameters that are in force in the place that this stands for; empty where none are."""
        ...


class Defaults:
    """What a community does where it says nothing else: nothing happens by itself, members are active by their rates."""

    declared: Declared
    scenes: tuple[Scene, ...]
    members: Members

    @property
    def scene(self) -> Scene:
        """The scene of the first phase."""
        return self.scenes[0]

    def rhythm(self, step: int) -> float:
        """How lively a step is beside the others; members' rates are multiplied by it."""
        return 1.0

    def open_step(self, world: WorldFace) -> None:
        """Nothing happens by itself."""

    def active(self, world: WorldFace) -> np.ndarray:
        """Whoever is there and awake, by their rates."""
        return by_rate(world)

    def close_step(self, world: WorldFace) -> None:
        """Nothing follows."""

    def keep_away(self, world: WorldFace, rows: np.ndarray, until: int) -> None:
        """They are not present."""
        away = self.members.away_until
        away[rows] = np.maximum(away[rows], until)

    def measures(self, world: WorldFace) -> Mapping[str, float]:
        """Nothing is counted."""
        return {}

    def links(self) -> tuple[np.ndarray, np.ndarray]:
        """Nothing answers anything."""
        return np.empty(0, np.int64), np.empty(0, np.int64)


def by_rate(world: WorldFace) -> np.ndarray:
    """Rows of present members whose uniform is below 1 - exp(-rate · rhythm · hours): once a step, for all phases."""
    community: Any = world.community
    members = community.members
    pace = community.rhythm(world.now) * world.step_hours
    awake = world.chance("active", members.id) < -np.expm1(-members.rate * pace)
    return np.flatnonzero(awake & members.present(world.now))
