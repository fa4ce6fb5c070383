"""Communities by name; each is the rules of one simulated place.

Each has a `build` module with a `Builder` (`sim.community.Builder` says what that is) and a yaml in `conf/community`; one
of another package is found by an entry point that names its builder.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache, partial
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from windtunnel.agents.nearest import nearest
from windtunnel.conf import plugins

if TYPE_CHECKING:  # which loads Mesa, and pandas with it
    from windtunnel.sim.community import Builder, Declared

ENTRY_POINTS = "windtunnel.communities"


def community_names() -> list[str]:
    """Names of the communities, ours and those of other packages."""
    return sorted({*_own(), *(point.name for point in entry_points(group=ENTRY_POINTS))})


def _own() -> list[str]:
    return [module.name for module in pkgutil.iter_modules(__path__)]


@cache
def community(name: str) -> "type[Builder]":
    """The builder of a community; `ValueError` names the nearest one."""
    for point in entry_points(group=ENTRY_POINTS):
        if point.name == name:
            plugins.check_new("community", point, _own())
            return plugins.load("community", point, partial(_wrong, point))
    if name not in community_names():
        raise ValueError(f"no community is called {name!r}: {nearest(name, community_names())}")
    return importlib.import_module(f"windtunnel.sim.communities.{name}.build").Builder


def _wrong(point: Any, found: Any) -> str:
    """What keeps the thing that an entry point names from being a builder; empty if nothing does."""
    if not isinstance(found, type) or not all(hasattr(found, name) for name in ("scenes", "make", "rules")):
        return "is no class with the methods of windtunnel.sim.community.Builder"
    return plugins.misnamed(point, found) if hasattr(found, "name") else ""


def declared(config: Mapping[str, Any]) -> "Declared":
    """What the tables of a run hold, from the resolved settings of its community; nothing where that is not installed."""
    from windtunnel.sim.community import Declared

    try:
        return community(str(config["name"]))(config).declared
    except (ValueError, KeyError, ImportError):
        return Declared()


def check_offers(config: Mapping[str, Any], command: str) -> None:
    """`ValueError` where a command needs something of a community that this one does not declare."""
    from windtunnel.sim.community import Declared

    if command not in declared(config).offers:
        known = [
            name
            for name in community_names()
            if command in getattr(community(name), "declared", Declared()).offers
        ]
        raise ValueError(
            f"`windtunnel {command}` works on communities that declare what it reads ({', '.join(known)}); "
            f"{config.get('name')} does not"
        )
