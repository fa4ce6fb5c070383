"""What an incident is, and the contract by which a community says what its incidents are.

A community has kinds of incident as it has outcomes: a `Kind` in a module of `analysis/incidents/kinds`, or one of
another package by an entry point of the group `windtunnel.incidents`. The numbers of its rule stand in
`conf/incident/NAME.yaml` (`summary`, what the rule counts, and `parameters`, of which one is `threshold`). A whole one:

    def months_dry(run: Tables, rule: Rule) -> Iterator[Found]:
        stock = run.measure("stock")
        dry = stock["step"].filter(stock["value"] <= 0)
        if len(dry) >= rule["threshold"]:
            yield Found(None, None, dry[0], dry[-1], float(len(dry)), reached=dry[0])

    ran_dry = Kind("ran_dry", ("pond",), months_dry, outcome="a dry pond", unit="months without fish", shows="stock")
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import polars as pl

from windtunnel.analysis.outcomes import RUN
from windtunnel.sim.events import MEASURES

Rule = Mapping[str, Any]
"""The numbers of a kind's rule, by name; `threshold` is the severity from which it is an incident."""


class Found(NamedTuple):
    """One finding in one run. `place` is the id of one of the community's own places, `member` the id of whom it happened
    to or who did it; None where there is none.

    `onset`, `peak` and `reached` are steps: when it begins, is worst, and meets the threshold. `severity` is in the unit
    of the rule's threshold, `members` are ids of those who were in it, `shown` ids of what shows it; `crossing` is the id of
    what met the threshold.
    """

    place: int | None
    member: str | None
    onset: int
    peak: int
    severity: float
    members: tuple[str, ...] = ()
    shown: tuple[int, ...] = ()
    reached: int | None = None
    crossing: int | None = None


class Incident(NamedTuple):
    """A finding with its run and its name. `id` names the same incident on every machine."""

    id: str
    kind: str
    draw: int
    seed: int
    arm: str
    place: int | None
    member: str | None
    onset: int
    peak: int
    severity: float
    members: tuple[str, ...]
    shown: tuple[int, ...]
    reached: int | None = None
    crossing: int | None = None


class Tables(NamedTuple):
    """The tables of one run, or of several: as `windtunnel run` writes them, see `sim/events.py` and `sim/members.py`."""

    events: pl.DataFrame
    links: pl.DataFrame
    members: pl.DataFrame
    measures: pl.DataFrame = pl.DataFrame(schema=MEASURES)
    step_hours: float = 1.0

    def measure(self, name: str) -> pl.DataFrame:
        """What the community counted under this name: columns `step` and `value`, in the order of steps.

        `ValueError` for a name that it does not count.
        """
        known = self.measures["measure"].unique().sort().to_list()
        if known and name not in known:
            raise ValueError(f"no measure is called {name!r}: there are {', '.join(known)}")
        return self.measures.filter(pl.col("measure") == name).sort("step").select("step", "value")

    def each(self) -> Iterator[tuple[tuple[int, int, str], "Tables"]]:
        """The runs, each with its draw, seed and arm; every run has members."""
        runs = self.members.select(RUN).unique(maintain_order=True).rows()
        parts = [_by_run(table) for table in (self.events, self.links, self.members, self.measures)]
        events, links, members, measures = ([part(run) for run in runs] for part in parts)
        for place, run in enumerate(runs):
            one = Tables(events[place], links[place], members[place], measures[place], self.step_hours)
            yield (int(run[0]), int(run[1]), str(run[2])), one

    def of(self, run: Mapping[str, Any]) -> "Tables":
        """Those of the runs that have these values of draw, seed and arm, as far as they are given."""
        return self._where(*[pl.col(name) == value for name, value in run.items()])

    def but(self, arm: str) -> "Tables":
        """The runs of the other arms."""
        return self._where(pl.col("arm") != arm)

    def _where(self, *same: pl.Expr) -> "Tables":
        return Tables(
            self.events.filter(*same),
            self.links.filter(*same),
            self.members.filter(*same),
            self.measures.filter(*same),
            self.step_hours,
        )


class Kind(NamedTuple):
    """A kind of incident. `finds` reads the tables of one run and gives what meets the rule's threshold.

    It is called with a threshold of nearly 0 as well, to see how bad it got where it was no incident: then it gives
    whatever counts at all. It reads and changes nothing. `fits` names the communities that have it.
    """

    name: str
    fits: tuple[str, ...]
    finds: Callable[[Tables, Rule], Iterator[Found]]
    outcome: str
    """What it is called in a sentence, with its article: "a dry pond"; `{member}` stands for the member."""
    unit: str = ""
    """What its severity counts: "months without fish"."""
    shows: str = ""
    """The measure that is drawn where one looks at it: "stock"."""
    stays: bool = True
    """Whether what has reached the threshold stays so, whatever comes after."""


def _by_run(table: pl.DataFrame) -> Callable[[tuple[Any, ...]], pl.DataFrame]:
    """The rows of a table by run; none for a run that it lacks."""
    parts = table.partition_by(RUN, as_dict=True, maintain_order=True) if table.height else {}
    return lambda run: parts.get(run, table.head(0))
