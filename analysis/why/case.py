"""A case: one incident with the worlds in which it can be lived again, with and without an act."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import polars as pl

from windtunnel.agents.minds.base import Mind
from windtunnel.analysis.again import plan_again
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents.forum.acts import acts_of_run
from windtunnel.analysis.incidents.forum.detectors import Rule
from windtunnel.analysis.incidents.forum.find import Incident
from windtunnel.analysis.incidents.forum.places import asked_about
from windtunnel.analysis.outcomes import RUN
from windtunnel.analysis.why.forum.moderators import ModeratorAct
from windtunnel.policies.base import Policy
from windtunnel.sim.events import SCHEMA, digest
from windtunnel.sim.experiment import Experiment, PolicySpec, Unit
from windtunnel.sim.luck import luck_of
from windtunnel.sim.minds import make_mind
from windtunnel.sim.pool import in_processes
from windtunnel.sim.run import Run, make_world, processors, run_worlds, width
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

    def acts(self) -> pl.DataFrame:
        """The acts of all branches, ids as their worlds have them."""
        return acts_of_run(self.events, self.links, self.members)


class Case(Protocol):
    """What a question about an incident needs. `acts` are those of the run in which it happened."""

    incident: Incident
    acts: pl.DataFrame
    hours: float
    rules: dict[str, Rule]
    real: bool
    moderators: tuple[ModeratorAct, ...]
    note: Callable[[int], None] | None

    @property
    def shareable(self) -> bool: ...
    @property
    def first(self) -> int: ...
    @property
    def last(self) -> int: ...
    @property
    def ticks(self) -> int: ...
    def read(self, futures: Futures) -> pl.DataFrame: ...
    def post_number(self, post: int) -> int: ...
    def post_id(self, number: int) -> int: ...
    @property
    def thread_id(self) -> int | None: ...
    def specs(self) -> list[tuple[PolicySpec, int]]: ...
    def schedule(self) -> list[Policy]: ...
    def world(self, branch: Branch) -> World: ...
    def mind(self) -> Mind: ...
    def member_id(self, name: str) -> int: ...
    def name(self, member: int) -> str: ...
    def replay(self, unchanged: Run) -> dict[str, int]: ...
    def first_moment(self, step: int) -> int: ...
    def where(self, post: int) -> str: ...
    def noticing(self, raised: Sequence[str]) -> "Case": ...


@dataclass
class SimulatedCase:
    """An incident of a finished run: its world is made again from the manifest, and lived again step by step."""

    folder: Folder
    incident: Incident
    acts: pl.DataFrame
    hours: float
    rules: dict[str, Rule]
    experiment: Experiment
    llm: dict[str, Any]
    recorded_sha256: str
    real: bool = False
    moderators: tuple[ModeratorAct, ...] = ()
    note: Callable[[int], None] | None = None
    """Told of moments of futures as they have been lived."""

    first: int = 0
    """The first moment that can be asked about."""

    @property
    def last(self) -> int:
        """The last moment that can be asked about."""
        return self.experiment.steps

    @property
    def ticks(self) -> int:
        """How often a world is stepped."""
        return self.experiment.steps

    def read(self, futures: Futures) -> pl.DataFrame:
        """The acts of futures, members and posts called as in the incident."""
        return futures.acts()

    def post_number(self, post: int) -> int:
        """What a world's post is called in the incident's own table."""
        return post

    def post_id(self, number: int) -> int:
        """The other way round."""
        return number

    @property
    def thread_id(self) -> int | None:
        """What the incident's thread is called in its worlds; None where it lies in no one thread."""
        return self.incident.place

    def name(self, member: int) -> str:
        return str(member)

    @property
    def unit(self) -> Unit:
        return Unit(self.incident.draw, self.incident.seed, self.incident.arm)

    def specs(self) -> list[tuple[PolicySpec, int]]:
        """The policies that were on, each with the step of its start."""
        both = [*self.experiment.baseline, *(self.experiment.policy if self.unit.arm == "policy" else ())]
        return [(spec, made.start) for spec, made in zip(both, self.schedule(), strict=True)]

    def schedule(self) -> list[Policy]:
        return self.experiment.schedule(self.unit.arm)

    def world(self, branch: Branch) -> World:
        luck = luck_of(self.experiment.root, self.unit.draw, self.unit.seed)
        if branch.number is not None:
            luck = luck.redrawn(branch.fork, branch.number)
        return make_world(self.experiment, self.unit, luck=luck, policies=branch.policies())

    @property
    def shareable(self) -> bool:
        """May other processes live futures: not where they would all ask one language model."""
        return self.experiment.mind["name"] != "llm"

    def mind(self) -> Mind:
        return make_mind(self.experiment)

    def member_id(self, name: str) -> int:
        return int(name)

    def replay(self, unchanged: Run) -> dict[str, int]:
        """How many of the recorded events the unchanged world gives again, in their order."""
        same = [pl.col(column) == getattr(self.incident, column) for column in RUN]
        recorded = self.folder.read_table("events").filter(*same)
        if digest(recorded) == self.recorded_sha256 == digest(_as(unchanged.events, self.unit)):
            return {"acts": recorded.height, "reproduced": recorded.height}
        keys = [name for name in SCHEMA if name not in RUN]
        again = recorded.join(unchanged.events, on=keys, how="semi", nulls_equal=True)
        return {"acts": recorded.height, "reproduced": min(again.height, recorded.height)}

    def first_moment(self, step: int) -> int:
        """The step at which a world first does what is in force from `step` on."""
        return step

    def where(self, post: int) -> str:
        """Where a post that is not there may be looked for."""
        return "in this run: its posts are in events.parquet, column target"

    def noticing(self, raised: Sequence[str]) -> "SimulatedCase":
        """The same case with a scene that has words for what an act can raise."""
        return replace(self, experiment=replace(self.experiment, notices=frozenset(raised)))


def _as(events: pl.DataFrame, unit: Unit) -> pl.DataFrame:
    """The events under another run's name."""
    named = {name: pl.lit(value).cast(SCHEMA[name]) for name, value in unit._asdict().items()}
    return events.with_columns(**named)


def simulated_case(
    out: Path,
    name: str,
    rules: dict[str, Rule],
    *,
    kind: str | None = None,
    run: Mapping[str, Any] | None = None,
) -> SimulatedCase:
    """The case of the incident, or the thread or post, called `name` in a run's folder; `ValueError` says what is missing.

    `kind` and `run` are those of `asked_about`.
    """
    folder = Folder(out)
    manifest = folder.read_json(folder.manifest)
    plan = plan_again(manifest)
    hours = float(manifest["config"]["community"]["step_hours"])
    acts = acts_of_run(*(folder.read_table(table) for table in ("events", "links", "members")))
    incident = asked_about(acts.filter(pl.col("arm") != "aa"), name, rules, hours, kind=kind, run=run)
    here = [pl.col(column) == getattr(incident, column) for column in RUN]
    recorded = folder.read_table("runs").filter(*here)["events_sha256"][0]
    return SimulatedCase(
        folder, incident, acts.filter(*here), hours, rules, plan.experiment, dict(plan.llm), recorded
    )


def live(case: Case, branches: Sequence[Branch], mind: Mind, *, fingerprints: bool = True) -> Futures:
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
        lived = [part for _, part in sorted(shares, key=lambda one: one[0])]
    else:
        lived = [_lived(case, part, mind, fingerprints) for part in parts]
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


def _lived(case: Case, part: Sequence[tuple[int, Branch]], mind: Mind, fingerprints: bool) -> list[Run]:
    """The runs of some branches, each called after its place."""
    units = [Unit(0, place, branch.arm) for place, branch in part]
    worlds = [case.world(branch) for _, branch in part]
    return run_worlds(worlds, units, mind, case.ticks, partial(_tell, case), fingerprints=fingerprints)


def _tell(case: Case, what: str, more: int) -> None:
    """Pass on how many moments have been lived, where somebody wants to know."""
    if what == "steps" and case.note is not None:
        case.note(more)


def _alone(case: Case, fingerprints: bool, part: Sequence[tuple[int, Branch]]) -> tuple[int, list[Run]]:
    """The same in a process of its own, with a mind of its own; and the first branch's place."""
    mind = case.mind()
    try:
        return part[0][0], _lived(case, part, mind, fingerprints)
    finally:
        mind.close()
