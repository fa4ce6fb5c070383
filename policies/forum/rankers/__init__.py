"""Rankers of a forum's feed: in which order posts stand, a file each; those of other packages by entry point."""

import importlib
import pkgutil
from functools import cache, partial
from importlib.metadata import entry_points
from typing import Any

from windtunnel.agents.nearest import nearest
from windtunnel.conf import plugins
from windtunnel.policies.forum.rankers.base import Ranker

ENTRY_POINTS = "windtunnel.rankers"


@cache
def _own() -> dict[str, Ranker]:
    """Those in the modules beside this one, each called `RANKER` there."""
    modules = [
        importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    ]
    return {module.RANKER.name: module.RANKER for module in modules if hasattr(module, "RANKER")}


def ranker_names() -> list[str]:
    """Names of the rankers, ours and those of other packages."""
    return sorted({*_own(), *(point.name for point in entry_points(group=ENTRY_POINTS))})


@cache
def ranker(name: str) -> Ranker:
    """The ranker called so; `ValueError` names the nearest one."""
    if name in _own():
        return _own()[name]
    for point in entry_points(group=ENTRY_POINTS):
        if point.name == name:
            return plugins.load("ranker", point, partial(_wrong, point))
    known = ranker_names()
    among = f"choose from {', '.join(known)}"
    raise ValueError(f"no ranker is called {name!r}: {nearest(name, known, among)}")


def _wrong(point: Any, found: Any) -> str:
    """What keeps the thing that an entry point names from being a ranker; empty if nothing does."""
    return plugins.misnamed(point, found) if isinstance(found, Ranker) else "is no Ranker"
