"""A case: one incident with the worlds in which it can be lived again, with and without an act."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, Protocol

import polars as pl

from windtunnel.agents.minds.base import Mind
from windtunnel.analysis.incidents.base import Incident, Rule
from windtunnel.policies.base import Policy
from windtunnel.sim.experiment import Experiment, PolicySpec, Unit
from windtunnel.sim.pool import in_processes
from windtunnel.sim.run import Run, processors, run_worlds, width
from windtunnel.sim.world import World

WITHOUT, WITH = "without", "with"
"""The two arms of a question: without and with the act or policy that it is about."""
WORLDS = 64
"""Worlds stepped together: as many as share a batch of questions."""
SHARED_FROM = 200
"""Futures from which other processes are worth their start."""


class Branch(NamedTuple):
    """One future: its arm, the step from which it may differ, the policies of its world, and which other luck.

    `number` None is the luck that the incident itself had.
    """

    arm: str
    fork: int
    policies: Callable[[], list[Policy]]
    number: int | None = None


class Futures(NamedTuple):
    """What several branches came to, one table each; `seed` is the branch's place in the list, `arm` its arm."""

    events: pl.DataFrame
    links: pl.DataFrame
    members: pl.DataFrame
    runs: list[Run]

    def measures(self) -> pl.DataFrame:
        """What was counted in all branches."""
        return pl.concat([run.measures for run in self.runs])


class Case(Protocol):
    """What a question about an incident needs."""

    incident: Incident
    hours: float
    """How long a step lasts."""
    rules: dict[str, Rule]
    experiment: Experiment
    note: Callable[[int], None] | None
    """Told of moments of futures as they have been lived."""

    @property
    def shareable(self) -> bool:
        """May other processes live futures."""
        ...

    @property
    def first(self) -> int:
        """The first moment that can be asked about, and `last` the last."""
        ...

    @property
    def last(self) -> int: ...

    @property
    def ticks(self) -> int:
        """How often a world is stepped."""
        ...

    @property
    def happened(self) -> bool:
        """Was the rule's threshold reached in the case itself?"""
        ...

    def severities(self, futures: Futures) -> pl.DataFrame:
        """How bad it got in each of them: `seed`, `severity`, `happened`; no row where nothing counted."""
        ...

    def specs(self) -> list[tuple[PolicySpec, int]]:
        """The policies that were on, each with the step of its start."""
        ...

    def schedule(self) -> list[Policy]:
        """Fresh ones of these."""
        ...

    def world(self, branch: Branch) -> World:
        """The world of a future, before its first step."""
        ...

    def mind(self) -> Mind: ...

    def again(self, numbers: Sequence[int]) -> bool:
        """Is a future of each of these numbers, with nothing changed, what happened, all over again?"""
        ...

    def member_id(self, name: str) -> int:
        """What a member is called in its worlds, and `name` what it is called in the incident."""
        ...

    def name(self, member: int) -> str: ...

    def said(self, step: int) -> str:
        """A step in words."""
        ...

    def replay(self, unchanged: Run) -> dict[str, int]:
        """How many of the recorded events (`acts`) the unchanged world gives again (`reproduced`)."""
        ...


def simulate_futures(
    case: Case, branches: Sequence[Branch], mind: Mind, *, fingerprints: bool = True
) -> Futures:
    """Live every branch to the end, many worlds in lock-step; many futures that are only counted need no `fingerprints`.

    Many futures of a simulated run whose members decide by themselves are shared by this machine's processors; what
    comes out does not depend on it. Raises `ValueError` when a world fails: of a question half answered nothing is told.
    """
    shared = case.shareable and len(branches) > SHARED_FROM
    jobs = processors() if shared else 1
    most = width(len(branches), WORLDS, jobs)
    places = [range(low, min(low + most, len(branches))) for low in range(0, len(branches), most)]
    parts = [[(place, branches[place]) for place in part] for part in places]
    if jobs > 1:
        quiet = replace(case, note=None)  # type: ignore[type-var]
        shares = []
        for share in in_processes(partial(_alone, quiet, fingerprints), parts, jobs=jobs, backend="loky"):
            shares.append(share)
            _tell(case, "steps", len(share[1]) * case.ticks)
            add_decisions(mind, share[2])
        lived = [part for _, part, _ in sorted(shares, key=lambda one: one[0])]
    else:
        lived = [_simulated(case, part, mind, fingerprints) for part in parts]
    runs = [run for part in lived for run in part]
    failed = [run for run in runs if run.status == "failed"]
    if failed:
        raise ValueError(f"a future could not be lived to its end: {failed[0].stage}: {failed[0].reason}")
    return Futures(
        pl.concat([run.events for run in runs]),
        pl.concat([run.links for run in runs]),
        pl.concat([run.members for run in runs]),
        runs,
    )


def _simulated(case: Case, part: Sequence[tuple[int, Branch]], mind: Mind, fingerprints: bool) -> list[Run]:
    """The runs of some branches, each called after its place; worlds that are over before their last moment are told as lived."""
    left = len(part) * case.ticks

    def tell(what: str, more: int) -> None:
        nonlocal left
        left -= more if what == "steps" else 0
        _tell(case, what, more)

    units = [Unit(0, place, branch.arm) for place, branch in part]
    worlds = [case.world(branch) for _, branch in part]
    runs = run_worlds(worlds, units, mind, case.ticks, tell, fingerprints=fingerprints)
    _tell(case, "steps", left)
    return runs


def _tell(case: Case, what: str, more: int) -> None:
    """Pass on how many moments have been lived, where somebody wants to know."""
    if what == "steps" and case.note is not None:
        case.note(more)


def decisions_of(mind: Mind) -> int:
    """How many decisions a mind has counted that counts them."""
    return int(getattr(mind, "decisions", 0))


def add_decisions(mind: Mind, more: int) -> None:
    """Count with a mind's own decisions those of its twins in other processes."""
    if more:
        mind.decisions += more  # type: ignore[attr-defined]


def _alone(case: Case, fingerprints: bool, part: Sequence[tuple[int, Branch]]) -> tuple[int, list[Run], int]:
    """The same in a process of its own, with a mind of its own; the first branch's place before, its decisions after it."""
    mind = case.mind()
    try:
        return part[0][0], _simulated(case, part, mind, fingerprints), decisions_of(mind)
    finally:
        mind.close()
