"""Kinds of incident by name: those in the modules of `kinds`, and out-of-tree ones by entry point."""

import importlib
import pkgutil
from functools import cache, partial
from importlib.metadata import entry_points
from typing import Any

from windtunnel import conf
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents import kinds
from windtunnel.analysis.incidents.base import Kind
from windtunnel.conf import plugins
from windtunnel.sim.communities import community, declared
from windtunnel.sim.community import Declared

ENTRY_POINTS = "windtunnel.incidents"


@cache
def _own() -> dict[str, Kind]:
    """Those in the table `INCIDENTS` of each module."""
    found: dict[str, Kind] = {}
    for module in pkgutil.iter_modules(kinds.__path__):
        found |= importlib.import_module(f"{kinds.__name__}.{module.name}").INCIDENTS
    return found


def kinds_of(community: str) -> dict[str, Kind]:
    """The kinds that a community has, by name, in the order in which they are listed; empty where it has none."""
    return {name: kind for name, kind in known_kinds().items() if community in kind.fits}


def known_kinds() -> dict[str, Kind]:
    """All kinds by name, ours first."""
    points = entry_points(group=ENTRY_POINTS)
    for point in points:
        plugins.check_new("kind of incident", point, _own())
    return _own() | {
        point.name: plugins.load("kind of incident", point, partial(_wrong, point)) for point in points
    }


def _wrong(point: Any, found: Any) -> str:
    """What keeps the thing that an entry point names from being a kind of incident; empty if nothing does."""
    if not isinstance(found, Kind):
        return "is no Kind"
    if amiss := plugins.misnamed(point, found):
        return amiss
    rule = conf.content("incident", found.name)
    if "threshold" not in (rule.get("parameters") or {}) or "summary" not in rule:
        return (
            f"has no conf/incident/{found.name}.yaml with a summary and parameters, of which one is threshold"
        )
    return ""


def kinds_in(folder: Folder, command: str) -> tuple[Declared, dict[str, Kind]]:
    """What the community of a run's folder declares, and its kinds; `ValueError` where it has none."""
    config = folder.read_json(folder.manifest)["config"]["community"]
    name = str(config["name"])
    community(name)
    found = kinds_of(name)
    if not found:
        known = ", ".join(communities_with_incidents())
        raise ValueError(
            f"`windtunnel {command}` works on communities that have kinds of incident ({known}); {name} has none"
        )
    return declared(config), found


def communities_with_incidents() -> list[str]:
    """Names of the communities that have a kind of incident."""
    return sorted({name for kind in known_kinds().values() for name in kind.fits})
