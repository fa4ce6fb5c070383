"""Finds the incidents of runs, gives each a name that stays, and looks for one of them in other runs."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from math import ceil, isfinite
from typing import Any

import polars as pl

from windtunnel import conf
from windtunnel.analysis.incidents.base import Found, Incident, Kind, Rule, Tables
from windtunnel.conf import plugins

LOWEST = 1e-9
"""A threshold that anything which counts at all reaches."""
SEVERITIES = {
    "draw": pl.Int32,
    "seed": pl.Int32,
    "arm": pl.String,
    "severity": pl.Float64,
    "onset": pl.Int64,
    "happened": pl.Boolean,
}


def rules_of(kinds: Iterable[str], given: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, Rule]:
    """The rule of each of these kinds from `conf/incident`, `given` parameters (kind to name to number) on top.

    Raises `ValueError` for a kind or a parameter that there is not.
    """
    rules: dict[str, Rule] = {kind: conf.content("incident", kind)["parameters"] for kind in kinds}
    for kind, parameters in (given or {}).items():
        if kind not in rules:
            raise ValueError(f"no incident is of kind {kind!r}: choose from {', '.join(rules)}")
        for name, value in parameters.items():
            if name in rules[kind] and not _is_number(value):
                raise ValueError(f"{kind}.{name} is {value}: give a number")
            if name not in rules[kind]:
                raise ValueError(f"{kind} has no number {name}={value}: it has {', '.join(rules[kind])}")
            if value < 0 or (value == 0 and name in ("window", "threshold")):
                least = "a number above 0" if name in ("window", "threshold") else "0 or more"
                raise ValueError(f"{kind}.{name} is {value}: give {least}")
        rules[kind] = {**rules[kind], **parameters}
    return rules


def summary(kind: str) -> str:
    """What the rule of a kind counts, in its own words."""
    return str(conf.content("incident", kind)["summary"])


def parse_rules(words: Iterable[str]) -> dict[str, dict[str, float]]:
    """What `rules_of` takes, from words such as `escalation.threshold=2`; `ValueError` for other words.

    >>> parse_rules(["escalation.threshold=2", "escalation.window=6"])
    {'escalation': {'threshold': 2.0, 'window': 6.0}}
    """
    given: dict[str, dict[str, float]] = {}
    for word in words:
        name, _, value = word.partition("=")
        kind, _, parameter = name.partition(".")
        try:
            given.setdefault(kind, {})[parameter] = float(value)
        except ValueError:
            raise ValueError(
                f"{word!r} sets no rule: write KIND.NAME=NUMBER, as escalation.threshold=2"
            ) from None
    return given


def find(runs: Tables, kinds: Mapping[str, Kind], rules: Mapping[str, Rule]) -> list[Incident]:
    """All incidents of these kinds in these runs: kind by kind in the order of `rules`, the worst of a kind first."""
    found = [
        named(name, *unit, one)
        for unit, run in runs.each()
        for name, rule in rules.items()
        for one in look(kinds[name], run, rule)
    ]
    return ranked(found, rules)


def look(kind: Kind, run: Tables, rule: Rule) -> list[Found]:
    """What a kind finds in one run; `ValueError` says what is wrong with one that breaks or gives something else."""
    try:
        found = list(kind.finds(run, rule))
    except Exception as error:
        raise ValueError(
            f"the kind of incident {kind.name} cannot be looked for: {plugins.in_short(error)}: mend its rule"
        ) from error
    if other := [one for one in found if not isinstance(one, Found)]:
        raise ValueError(
            f"the kind of incident {kind.name} gives a {type(other[0]).__name__}: it must give Found"
        )
    return found


def ranked(incidents: Iterable[Incident], rules: Mapping[str, Rule]) -> list[Incident]:
    """Kind by kind in the order of `rules`, the worst of a kind first."""
    order = {kind: place for place, kind in enumerate(rules)}
    return sorted(incidents, key=lambda one: (order[one.kind], -one.severity, one.id))


def severities(runs: Tables, incident: Incident, kind: Kind, rule: Rule) -> pl.DataFrame:
    """How bad the same got, at the same place and to the same member, in each of these runs.

    Gives a row a run in which anything counted: draw, seed, arm, severity, onset, and `happened`, whether the rule's
    threshold was reached.
    """
    rows = []
    for unit, run in runs.each():
        for given in (rule, *lowered(rule)):
            same = (one for one in look(kind, run, given) if same_as(one, incident))
            if (found := next(same, None)) is not None:
                rows.append((*unit, found.severity, found.onset, given is rule))
                break
    return pl.DataFrame(rows, schema=SEVERITIES, orient="row")


def same_as(found: Found, incident: Incident) -> bool:
    """Is this at the same place and to the same member?"""
    return (found.member, found.place) == (incident.member, incident.place)


def lowered(rule: Rule) -> list[Rule]:
    """The rule as it counts below its threshold; one with a least number of members has one for each smaller number.

    >>> [one["least"] for one in lowered({"threshold": 0.1, "least": 3})]
    [3, 2, 1]
    """
    low = {**rule, "threshold": LOWEST}
    if "least" not in rule:
        return [low]
    return [{**low, "least": least} for least in range(ceil(rule["least"]), 0, -1)]


def chosen(incidents: Sequence[Incident], name: str) -> Incident:
    """The incident called so, the worst of the kind called so, or the one whose name begins so.

    `incidents` are in the order of `find`; `ValueError` where none or several fit.
    """
    fitting = [one for one in incidents if one.id == name] or [one for one in incidents if one.kind == name][
        :1
    ]
    fitting = fitting or [one for one in incidents if one.id.startswith(name)]
    if len(fitting) == 1:
        return fitting[0]
    known = ", ".join(one.id for one in (fitting or incidents)[:5]) or "there are none"
    count = "no incident is" if not fitting else f"{len(fitting)} incidents are"
    raise ValueError(f"{count} called {name!r}: `windtunnel incidents` lists them ({known}, …)")


def named(kind: str, draw: int, seed: int, arm: str, found: Found) -> Incident:
    """The finding as an incident of its run, with its name."""
    address = repr((draw, seed, arm, kind, found.place, found.member))
    short = hashlib.sha256(address.encode()).hexdigest()[:8]
    return Incident(f"{kind}-{short}", kind, draw, seed, arm, *found)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
