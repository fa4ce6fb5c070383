"""A case of a finished run: its world is made again from the manifest, and lived again step by step."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import polars as pl

from windtunnel.agents.minds.base import Mind
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents.base import Incident, Kind, Rule, Tables
from windtunnel.analysis.incidents.find import chosen, find, severities
from windtunnel.analysis.incidents.moments import moment_words, step_words
from windtunnel.analysis.incidents.read import looked_in, read_tables
from windtunnel.analysis.outcomes import RUN
from windtunnel.analysis.runs.plan_from_manifest import plan_again
from windtunnel.analysis.why.case import Branch, Futures
from windtunnel.policies.base import Policy
from windtunnel.sim.community import Declared
from windtunnel.sim.events import SCHEMA, digest
from windtunnel.sim.experiment import Experiment, PolicySpec, Unit
from windtunnel.sim.minds import asks_a_model, make_mind
from windtunnel.sim.noise_key import luck_of
from windtunnel.sim.run import Run, make_world
from windtunnel.sim.world import World


class LivedAgain:
    """What the cases of all communities share; a dataclass on top of it has these fields, and the tables that it reads."""

    folder: Folder
    incident: Incident
    hours: float
    rules: dict[str, Rule]
    experiment: Experiment
    llm: dict[str, Any]
    recorded_sha256: str
    first: int
    note: Callable[[int], None] | None

    @property
    def last(self) -> int:
        """The last moment that can be asked about."""
        return self.experiment.steps

    @property
    def ticks(self) -> int:
        """How often a world is stepped."""
        return self.experiment.steps

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
        return not asks_a_model(self.experiment.mind)

    def mind(self) -> Mind:
        return make_mind(self.experiment)

    def again(self, numbers: Sequence[int]) -> bool:
        """No: chance is drawn anew from the moment that is asked about."""
        return False

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

    def noticing(self, raised: Sequence[str]) -> Self:
        """The same case with a scene that has words for what an act can raise."""
        return replace(self, experiment=replace(self.experiment, notices=frozenset(raised)))  # type: ignore[type-var]


def _as(events: pl.DataFrame, unit: Unit) -> pl.DataFrame:
    """The events under another run's name."""
    named = {name: pl.lit(value).cast(SCHEMA[name]) for name, value in unit._asdict().items()}
    return events.with_columns(**named)


@dataclass
class SimulatedCase(LivedAgain):
    """An incident of a finished run of a community of any kind; `tables` are those of the run in which it happened."""

    folder: Folder
    incident: Incident
    tables: Tables
    kind: Kind
    hours: float
    rules: dict[str, Rule]
    experiment: Experiment
    llm: dict[str, Any]
    recorded_sha256: str
    declared: Declared
    first: int = 0
    note: Callable[[int], None] | None = None

    @property
    def happened(self) -> bool:
        return True

    def severities(self, futures: Futures) -> pl.DataFrame:
        runs = Tables(futures.events, futures.links, futures.members, futures.measures(), self.hours)
        return severities(runs, self.incident, self.kind, self.rules[self.kind.name])

    def said(self, step: int) -> str:
        noun = self.declared.nouns.step
        return moment_words(step, self.hours) if noun == "hour" else step_words(step, noun)


def simulated_case(
    folder: Folder, name: str, kinds: dict[str, Kind], rules: dict[str, Rule], run: Mapping[str, Any]
) -> SimulatedCase:
    """The case of the incident called `name` in a run's folder; `ValueError` says what is missing.

    `run` names the draw, the seed and the arm in which it is looked for, as far as these are given (not None).
    """
    plan = plan_again(folder.read_json(folder.manifest))
    tables = read_tables(folder)
    looked = {one: rules[one] for one in rules if name.startswith(one)} or rules
    incident = chosen(find(looked_in(tables, run, folder.path), kinds, looked), name)
    here = {column: getattr(incident, column) for column in RUN}
    recorded = folder.read_table("runs").filter(*[pl.col(key) == value for key, value in here.items()])
    return SimulatedCase(
        folder,
        incident,
        tables.of(here),
        kinds[incident.kind],
        tables.step_hours,
        rules,
        plan.experiment,
        dict(plan.llm),
        recorded["events_sha256"][0],
        plan.experiment.builder().declared,
    )
