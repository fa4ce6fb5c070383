"""Policies by name: those in the modules of this package and of its folders, and out-of-tree ones by entry point."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache, partial
from importlib.metadata import entry_points
from typing import Any

from pydantic import ValidationError

from windtunnel import conf, policies
from windtunnel.agents.nearest import nearest
from windtunnel.conf import plugins
from windtunnel.policies.base import Policy

ENTRY_POINTS = "windtunnel.policies"


def policy_names(community: str | None = None) -> list[str]:
    """Names that `policy=` and `baseline=` accept, `status_quo` apart: all, or those that fit the community called so."""
    names = sorted({*_own(), *(point.name for point in entry_points(group=ENTRY_POINTS))})
    return [name for name in names if community is None or policy_class(name).fits_in(community)]


@cache
def _own() -> dict[str, type[Policy]]:
    """Our policies by name: every listed class that has a name of its own."""
    return {name: value for module in _modules() for name, value in _inside(module).items()}


def _modules() -> list[str]:
    return [one.name for one in pkgutil.walk_packages(policies.__path__, f"{policies.__name__}.")]


def _inside(module: str) -> dict[str, type[Policy]]:
    return {
        value.name: value
        for value in vars(importlib.import_module(module)).values()
        if isinstance(value, type) and issubclass(value, Policy) and vars(value).get("name") and value.listed
    }


def _own_class(name: str) -> type[Policy] | None:
    """Our policy of this name; most stand in a module called so, and loading all takes half a second in every process."""
    for module in _modules():
        if module.endswith(f".{name}") and name in (inside := _inside(module)):
            return inside[name]
    return _own().get(name)


MOST_NAMED = 10
"""Policies that a refusal names; a command lists the others."""


@cache
def policy_class(name: str) -> type[Policy]:
    """The class of a policy; `ValueError` names the nearest one."""
    for point in entry_points(group=ENTRY_POINTS):
        if point.name == name:
            plugins.check_new("policy", point, _own())
            return plugins.load("policy", point, partial(_wrong, point))
    found = _own_class(name)
    if found is None:
        raise ValueError(f"no policy is called {name!r}: {nearest(name, policy_names())}")
    return found


def check_fits(name: str, community: Mapping[str, Any]) -> None:
    """`ValueError` where a policy does not work in the community of these resolved settings, with what would."""
    policy, place = policy_class(name), str(community["name"])
    if not policy.fits_in(place):
        here = [each for each in policy_names() if place in policy_class(each).fits]
        more = f" and others: windtunnel list policies --community {place}" if len(here) > MOST_NAMED else ""
        has = f", which has {', '.join(here[:MOST_NAMED])}{more}" if here else ""
        raise ValueError(f"{name} fits {', '.join(policy.fits) or 'no community'}, not {place}{has}")
    if community.get("learned") and not policy.where_learned:
        raise ValueError(f"{name} does not work where members are learned from a record: set mind=rules")
    settings = community.get("settings") or {}
    for key, value in policy.needs.get(place, {}).items():
        given = settings.get(key)
        if given is None or given is False or (isinstance(value, str) and given != value):
            shown = str(value).lower() if isinstance(value, bool) else value
            raise ValueError(f"{name} has nothing to act on here: set community.settings.{key}, say {shown}")


def _wrong(point: Any, found: Any) -> str:
    """What keeps the thing that an entry point names from being a policy; empty if nothing does."""
    if not (isinstance(found, type) and issubclass(found, Policy)):
        return "is no class under windtunnel.policies.base.Policy"
    return plugins.misnamed(point, found)


@cache
def _yaml(name: str) -> dict[str, Any]:
    return conf.content("policy", name)


def summary(name: str) -> str:
    """What a policy does, in a sentence: its yaml's, or its class's first line."""
    return _yaml(name).get("summary") or next(
        iter((policy_class(name).__doc__ or "").strip().splitlines()), name
    )


def parameters(name: str) -> dict[str, Any]:
    """A policy's parameters at their defaults: those of its yaml, `start` and `stop`."""
    own = {
        key: field.default
        for key, field in policy_class(name).model_fields.items()
        if not field.is_required() and key != "label"
    }
    return own | _yaml(name).get("parameters", {})


def off(name: str) -> dict[str, Any]:
    """The parameters that switch a policy off; empty where its yaml names none."""
    return dict(_yaml(name).get("switched_off") or {})


def meanings(name: str) -> dict[str, tuple[str, str]]:
    """For each parameter what it means and its unit ("" where it has none), in the words beside its field."""
    fields = {key: field for key, field in policy_class(name).model_fields.items() if key != "label"}
    return {
        key: (field.description or "", str((field.json_schema_extra or {}).get("unit", "")))  # type: ignore[union-attr]
        for key, field in fields.items()
    }


def make_policy(name: str, given: Mapping[str, Any] | None = None, *, label: str | None = None) -> Policy:
    """A policy with its yaml's parameters, `given` ones on top; `ValueError` says which one is wrong and why.

    >>> make_policy("slow_mode", {"hours": 3}).hours
    3.0
    """
    chosen = policy_class(name)
    known = parameters(name)
    for key in given or {}:
        if key not in known:
            raise ValueError(f"{name} has no parameter {key!r}: {nearest(key, known, 'it has {}')}")
    try:
        return chosen(**{**known, **(given or {}), "label": label or name})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in (name, *first["loc"]))
        if first["type"] == "missing":
            raise ValueError(f"{where} is missing: its yaml or policy_with.{where} should say it") from None
        found = f" is {first['input']!r}" if first["loc"] else ""  # no one place: parameters at odds
        raise ValueError(f"{where}{found}: {first['msg'].removeprefix('Value error, ')}") from None
