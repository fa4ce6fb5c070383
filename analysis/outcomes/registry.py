"""Outcomes by name: those in the modules of this package, and out-of-tree ones by entry point."""

import importlib
import pkgutil
from collections.abc import Collection
from functools import cache, partial
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl

from windtunnel.agents.nearest import nearest
from windtunnel.analysis.outcomes.base import RUN, Outcome, Runs
from windtunnel.conf import plugins

ENTRY_POINTS = "windtunnel.outcomes"


@cache
def _modules() -> list[ModuleType]:
    """The modules beside this one."""
    names = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])]
    return [importlib.import_module(f"{__package__}.{name}") for name in names]


def _own() -> dict[str, Outcome]:
    """Those in the table `OUTCOMES` of each module."""
    return {name: one for module in _modules() for name, one in getattr(module, "OUTCOMES", {}).items()}


def stand_in(community: str) -> Outcome | None:
    """What is drawn over time in the stead of an outcome that is known at the end alone: a module's `STANDS_IN`."""
    found = [getattr(module, "STANDS_IN", None) for module in _modules()]
    return next((one for one in found if one is not None and one.fits_in(community)), None)


def known_outcomes(community: str | None = None) -> dict[str, Outcome]:
    """Outcomes by name, out-of-tree ones included: all, or those that fit the community called so."""
    points = entry_points(group=ENTRY_POINTS)
    for point in points:
        plugins.check_new("outcome", point, _own())
    known = _own() | {point.name: plugins.load("outcome", point, partial(_wrong, point)) for point in points}
    return {name: one for name, one in known.items() if community is None or one.fits_in(community)}


def _wrong(point: Any, found: Any) -> str:
    """What keeps the thing that an entry point names from being an outcome; empty if nothing does."""
    if not isinstance(found, Outcome):
        return "is no Outcome"
    if found.polarity not in ("harm", "good"):
        return f'has the polarity {found.polarity!r}: "harm" or "good"'
    return plugins.misnamed(point, found)


def leading() -> list[str]:
    """Names of the outcomes that stand first where a policy decides another by its own mechanism, in their order."""
    known = [one for one in known_outcomes().values() if one.leads is not None]
    return [one.name for one in sorted(known, key=lambda one: one.leads or 0)]


def find_outcome(name: str, community: str | None = None) -> Outcome:
    """The outcome called so; `ValueError` names the nearest one, or says that it does not fit the community."""
    known = known_outcomes()
    if name not in known:
        here = f"choose from {', '.join(known_outcomes(community))}"
        raise ValueError(f"no outcome is called {name!r}: {nearest(name, known, here)}")
    found = known[name]
    if community is not None and not found.fits_in(community):
        fits, here = ", ".join(found.fits) or "no community", ", ".join(known_outcomes(community)) or "none"
        raise ValueError(f"outcome {name} fits {fits}, not {community}, which has {here}")
    return found


def check_counted(outcome: Outcome, measures: Collection[str]) -> None:
    """`ValueError` where an outcome reads a measure that the community, as it is set, does not count."""
    if outcome.reads and outcome.reads not in measures:
        raise ValueError(
            f"outcome {outcome.name} is counted here only with {outcome.setting}: set it, or choose another outcome"
        )


def measure_all(runs: Runs, community: str = "forum") -> pl.DataFrame:
    """One row a run, one column for each outcome that fits the community."""
    table, there = runs.runs.select(RUN), {*runs.measures["measure"].unique()}
    for name, outcome in known_outcomes(community).items():
        if outcome.reads and outcome.reads not in there:
            continue
        table = table.join(
            outcome.counted(runs).rename({"value": name}), on=RUN, how="left", maintain_order="left"
        )
    return table
