"""A case of a forum, simulated: its acts, its posts by number, and the thread that it lies in."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents.base import Incident, Rule
from windtunnel.analysis.incidents.forum.acts import acts_of_run
from windtunnel.analysis.incidents.forum.find import measure, severities
from windtunnel.analysis.incidents.forum.places import asked_about
from windtunnel.analysis.incidents.moments import moment_words
from windtunnel.analysis.outcomes import RUN
from windtunnel.analysis.runs.plan_from_manifest import plan_again
from windtunnel.analysis.why.case import Case, Futures
from windtunnel.analysis.why.forum.moderators import ModeratorAct
from windtunnel.analysis.why.simulated import LivedAgain
from windtunnel.sim.experiment import Experiment


def acts_of(futures: Futures) -> pl.DataFrame:
    """The acts of all branches, ids as their worlds have them."""
    return acts_of_run(futures.events, futures.links, futures.members)


class ForumCase(Case, Protocol):
    """What a question about a forum needs beside. `acts` are those of the run in which it happened; `real` says that it
    is a record."""

    acts: pl.DataFrame
    real: bool
    moderators: tuple[ModeratorAct, ...]

    @property
    def start(self) -> int | None:
        """When the record begins, in minutes since 1970 (UTC); None of a run, and where the import did not keep it."""
        ...

    @property
    def written(self) -> pl.DataFrame:
        """All acts of the incident's thread, by which its comments are counted; `acts` may have a part of them."""
        ...

    @property
    def thread_id(self) -> int | None: ...
    def read(self, futures: Futures) -> pl.DataFrame: ...
    def post_number(self, post: int) -> int: ...
    def post_id(self, number: int) -> int: ...
    def first_moment(self, step: int) -> int: ...
    def where(self, post: int) -> str: ...
    def noticing(self, raised: Sequence[str]) -> "ForumCase": ...


class ByActs(ABC):
    """What simulated and recorded forums share: incidents are looked for in their acts, moments are hours and minutes."""

    incident: Incident
    acts: pl.DataFrame
    hours: float
    rules: dict[str, Rule]

    @abstractmethod
    def read(self, futures: Futures) -> pl.DataFrame:
        """What was written in them, as acts."""

    @property
    def happened(self) -> bool:
        """Was the rule's threshold reached in the case itself?"""
        return not measure(self.acts, self.incident, self.rules, self.hours).is_empty()

    def severities(self, futures: Futures) -> pl.DataFrame:
        """How bad it got in each of them."""
        return severities(self.read(futures), self.incident, self.rules, self.hours)

    @property
    def start(self) -> int | None:
        return None

    def said(self, step: int) -> str:
        """A step as day, hour and minute, of a record with its date."""
        return moment_words(step, self.hours, self.start)


@dataclass
class SimulatedForum(ByActs, LivedAgain):
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
    first: int = 0

    def read(self, futures: Futures) -> pl.DataFrame:
        """The acts of futures, members and posts called as in the incident."""
        return acts_of(futures)

    def post_number(self, post: int) -> int:
        """What a world's post is called in the incident's own table."""
        return post

    def post_id(self, number: int) -> int:
        """The other way round."""
        return number

    @property
    def written(self) -> pl.DataFrame:
        return self.acts

    @property
    def thread_id(self) -> int | None:
        """What the incident's thread is called in its worlds; None where it lies in no one thread."""
        return self.incident.place

    def first_moment(self, step: int) -> int:
        """The step at which a world first does what is in force from `step` on."""
        return step

    def where(self, post: int) -> str:
        """Where a post that is not there may be looked for."""
        return "in this run: its posts are in events.parquet, column target"


def simulated_forum(
    out: Path,
    name: str,
    rules: dict[str, Rule],
    *,
    kind: str | None = None,
    run: Mapping[str, Any] | None = None,
) -> SimulatedForum:
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
    return SimulatedForum(
        folder, incident, acts.filter(*here), hours, rules, plan.experiment, dict(plan.llm), recorded
    )
