"""The base of every policy: it changes nothing. A policy overrides the hooks that it needs.

The hooks are called by the world in this order; each may be left out:

1. `before_step(world)`: once a step, before anybody looks: act on the place itself.
2. `offer(world, view)`: in each phase, before minds answer: change what members are told and which options they have.
3. `review(world, acts)`: in each phase, once members have chosen: cancel, hold or change what they try to do.

A policy of ten lines, for any community whose members take a whole number of something:

    class Quota(Policy):
        name = "quota"
        fits = ("pond",)
        most: Annotated[int, Field(ge=0)]

        def review(self, world: WorldFace, acts: Acts) -> None:
            over = acts.passed & (acts.amount > self.most)
            acts.amount[over] = self.most
            acts.policy[over] = world.log.code(self.label)

Chance comes from `world.chance(purpose, ids)` alone, and `purpose` begins with the policy's label.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1, json_schema_extra={"unit": "share"})]
Hours = Annotated[float, Field(ge=0, le=1_000_000, json_schema_extra={"unit": "hours"})]
"""A time that is counted in whole steps; 0 is off. One above 0 and shorter than a step is refused, since no step can hold it."""
Delay = Annotated[float, Field(ge=0, le=1_000_000, json_schema_extra={"unit": "hours, up to whole steps"})]
"""A time that passes before something is done, rounded up to whole steps; 0 is at once."""

EVERY = "*"
"""In `Policy.fits`: every community."""
PASSED, CANCELLED, HELD = 0, 1, 2
"""What a review may say of an act (`acts.verdict`)."""


class Log(Protocol):
    """The event log of a world, as policies and communities write to it."""

    def code(self, name: str | None) -> int:
        """The number that stands for a kind, a status or a policy's label: what `acts.policy` holds."""
        ...

    def codes(self, names: Sequence[str | None]) -> np.ndarray:
        """The numbers of several names."""
        ...

    def add(self, step: int, kind: str | np.ndarray, member: np.ndarray | int, **columns: Any) -> int:
        """Add one event for each member (by id; -1: nobody); see `sim.events.EventLog.add`."""
        ...

    def say(self, row: int, text: str) -> None:
        """What was said in the act of this row."""
        ...


class WorldFace(Protocol):
    """What a policy and a community may use of the world that they are in."""

    now: int
    """The step that is on, from 0."""
    step_hours: float
    """How long a step lasts, in hours."""
    speaks: bool
    """Whether acts are given words."""

    @property
    def phase(self) -> str:
        """The name of the phase that is on; "" where a step has one."""
        ...

    @property
    def community(self) -> Any:
        """The community itself, of whatever kind: `pond: Pond = world.community`. All have `members` (`sim.members`)."""
        ...

    @property
    def log(self) -> Log:
        """The events of this world, to be added to."""
        ...

    @property
    def key(self) -> int:
        """The key that addresses this step's chance."""
        ...

    def chance(self, purpose: str, ids: np.ndarray) -> np.ndarray:
        """Uniforms (n,) addressed by (world, purpose, step, id): the only chance that a policy may use."""
        ...

    def order(self, ids: np.ndarray) -> np.ndarray:
        """Places (n,) of `ids` in an order drawn for this step."""
        ...

    def acting(self) -> Sequence["Policy"]:
        """The policies in force."""
        ...


class View(Protocol):
    """What the n deciders of a phase see and can do: `features` and `options` are a policy's to change, in place."""

    @property
    def rows(self) -> np.ndarray:
        """Rows (n,) of the members who decide."""
        ...

    @property
    def features(self) -> np.ndarray:
        """(n, features) raw numbers, in the order of the scene."""
        ...

    @property
    def options(self) -> np.ndarray:
        """(n, actions) bool; at least two must stay in each row."""
        ...

    @property
    def action_names(self) -> tuple[str, ...]:
        """Names of the columns of `options`."""
        ...

    def feature(self, name: str) -> np.ndarray:
        """The column (n,) of a feature: assign to `[:]`."""
        ...

    def withdraw(self, who: np.ndarray, *prefixes: str) -> None:
        """Take the actions whose names begin so off the offer of the deciders marked in `who` (n,) bool."""
        ...


class Acts(Protocol):
    """What the members of a phase try to do, one row an act: arrays (n,) that a policy may change in place."""

    @property
    def rows(self) -> np.ndarray:
        """Rows of the members who act; not to be changed."""
        ...

    @property
    def ids(self) -> np.ndarray:
        """Their ids; not to be changed."""
        ...

    @property
    def kind(self) -> np.ndarray:
        """Names of the kinds of act."""
        ...

    @property
    def amount(self) -> np.ndarray:
        """Whole numbers in the community's unit; where an act has none, the smallest number that there is."""
        ...

    @property
    def target(self) -> np.ndarray:
        """What is acted on: a row of members (or of the community's own things); -1 for nothing."""
        ...

    @property
    def verdict(self) -> np.ndarray:
        """PASSED, CANCELLED or HELD."""
        ...

    @property
    def policy(self) -> np.ndarray:
        """The log's code of the policy that changed the act; -1: none."""
        ...

    @property
    def passed(self) -> np.ndarray:
        """Bool: acts that no policy has cancelled or held."""
        ...


class Policy(BaseModel):
    """An intervention with validated parameters; one object serves one world.

    `start` and `stop` are steps: in force from `start` on, and before `stop`. What a policy has done
    (a ban, a lock) outlasts it; what it shows or asks at each step ends with it.
    """

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    name: ClassVar[str] = ""
    """What the command line calls it; a class without a name is a base of others."""
    listed: ClassVar[bool] = True
    """Whether the command line may name it."""
    fits: ClassVar[tuple[str, ...]] = ()
    """Names of the communities that it works in; `EVERY` among them for all."""
    raises: ClassVar[tuple[str, ...]] = ()
    """Situation features that the policy can switch on."""
    forces: ClassVar[tuple[str, ...]] = ()
    """Outcomes that the mechanism itself decides: tagged *by construction*."""
    acts_in_log: ClassVar[bool] = True
    """Whether what it does leaves events or marks in the log; false where it changes only what people see or may do."""
    finishes: ClassVar[bool] = False
    """Whether, once stopped, it still decides what it had put in a queue."""
    needs: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """By community, the settings (`community.settings`) without which there is nothing for it to act on, each with a value that will do."""
    where_learned: ClassVar[bool] = True
    """Whether it works where members are learned from a record."""
    test_parameters: ClassVar[dict[str, Any]] = {}
    """Parameters with which it acts within a dozen steps of a small community: what the tests of every policy take."""

    label: str = ""
    """What the event log and the draws call it; the registry sets it, so two of a kind stay apart."""
    start: Annotated[int, Field(ge=0, json_schema_extra={"unit": "step"})] = 0
    """First step in which it is in force."""
    stop: Annotated[int, Field(ge=0)] | None = None
    """Step from which on it is in force no more; null: to the end."""

    @model_validator(mode="after")
    def _starts_before_it_stops(self) -> "Policy":
        if self.stop is not None and self.stop < self.start:
            raise ValueError(f"stop {self.stop} lies before start {self.start}")
        return self

    def forced(self) -> tuple[str, ...]:
        """`forces`, and what these parameters make it decide besides."""
        return self.forces

    def check_times(self, step_hours: float) -> None:
        """`ValueError` for a time above 0 that a step rounds away."""
        for key, field in type(self).model_fields.items():
            extra, given = field.json_schema_extra, getattr(self, key)
            if isinstance(extra, dict) and extra.get("unit") == "hours" and 0 < given < step_hours:
                raise ValueError(
                    f"{self.name}.{key} is {given:g} h, which a step of {step_hours:g} h rounds away: give "
                    f"{step_hours:g} or more, or 0, which is off"
                )

    def check_place(self, community: str, settings: Mapping[str, Any]) -> None:
        """`ValueError` where these parameters cannot work in a community of these `community.settings`; asked before anything runs."""

    def raised(self) -> tuple[str, ...]:
        """Those of `raises` that these parameters can switch on."""
        return self.raises

    def noticed(self) -> float:
        """The share of members who are told now what the policy raises."""
        return 1.0

    def holds_back(self) -> bool:
        """May these parameters keep members from writing what they would have written, which then never comes?"""
        return False

    @classmethod
    def fits_in(cls, community: str) -> bool:
        """Whether it works in the community called so."""
        return EVERY in cls.fits or community in cls.fits

    @property
    def looks_on(self) -> bool:
        """Whether it is asked anything in each phase: it has an `offer` or a `review` of its own."""
        own = type(self)
        return own.offer is not Policy.offer or own.review is not Policy.review

    def in_force(self, step: int) -> bool:
        """Whether the world asks this policy anything in this step."""
        return self.start <= step and (self.stop is None or step < self.stop)

    def before_step(self, world: WorldFace) -> None:
        """Act on the place before anybody looks at it; may change the community and its members, and log it."""

    def offer(self, world: WorldFace, view: View) -> None:
        """Change `view.features` and `view.options` in place; nothing else."""

    def review(self, world: WorldFace, acts: Acts) -> None:
        """Change acts in place before they are applied; nothing else."""
