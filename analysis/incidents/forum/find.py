"""Finds the incidents of a table of acts, gives each a name that stays, and looks for one of them in another table."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from math import ceil, isfinite
from typing import Any, NamedTuple

import polars as pl
import yaml

from windtunnel.analysis.incidents.forum.acts import RECORD
from windtunnel.analysis.incidents.forum.detectors import DETECTORS, Found, Rule
from windtunnel.analysis.outcomes import RUN

LOWEST = 1e-9
"""A threshold that anything which counts at all reaches."""


class Incident(NamedTuple):
    """An incident: where, when, how bad, who was in it. `id` names the same incident on every machine.

    Its rule's threshold was reached in step `reached`, with the post `crossing`; None where nothing reached it.
    """

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


def load_rules(given: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, Rule]:
    """The rule of each kind from `conf/incident`, `given` parameters (kind to name to number) on top.

    Raises `ValueError` for a kind or a parameter that there is not.
    """
    rules = {}
    for kind in DETECTORS:
        rules[kind] = _declared(kind)["parameters"]
    for kind, parameters in (given or {}).items():
        if kind not in rules:
            raise ValueError(f"no incident is of kind {kind!r}: choose from {', '.join(rules)}")
        for name, value in parameters.items():
            if name not in rules[kind] or not _is_number(value):
                raise ValueError(f"{kind} has no number {name}={value}: it has {', '.join(rules[kind])}")
            if value < 0 or (value == 0 and name in ("window", "threshold")):
                least = "a number above 0" if name in ("window", "threshold") else "0 or more"
                raise ValueError(f"{kind}.{name} is {value}: give {least}")
        rules[kind] = {**rules[kind], **parameters}
    return rules


def summary(kind: str) -> str:
    """What the rule of a kind counts, in its own words."""
    return str(_declared(kind)["summary"])


def _declared(kind: str) -> dict[str, Any]:
    return yaml.safe_load(
        (files("windtunnel.conf") / "incident" / f"{kind}.yaml").read_text(encoding="utf-8")
    )  # type: ignore[no-any-return]


def parse_rules(words: Iterable[str]) -> dict[str, dict[str, float]]:
    """What `load_rules` takes, from words such as `escalation.threshold=2`; `ValueError` for other words.

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


def find(acts: pl.DataFrame, rules: Mapping[str, Rule], hours: float) -> list[Incident]:
    """All incidents of all runs in `acts`: kind by kind as in `conf/incident`, the worst of a kind first."""
    incidents = []
    for (draw, seed, arm), rows in acts.group_by(RUN, maintain_order=True):
        for kind, rule in rules.items():
            for found in DETECTORS[kind](rows, rule, hours):
                incidents.append(_named(kind, int(draw), int(seed), str(arm), found))  # type: ignore[call-overload]
    order = {kind: place for place, kind in enumerate(rules)}
    return sorted(incidents, key=lambda one: (order[one.kind], -one.severity, one.id))


def measure(acts: pl.DataFrame, incident: Incident, rules: Mapping[str, Rule], hours: float) -> pl.DataFrame:
    """The same kind of thing at the same place and to the same member, in every run of `acts`.

    Gives a row a run that has it: draw, seed, arm, severity, onset. A run that lacks it has no row.
    """
    found = severities(acts, incident, rules, hours)
    return found.filter("happened").drop("happened")


def severities(
    acts: pl.DataFrame, incident: Incident, rules: Mapping[str, Rule], hours: float
) -> pl.DataFrame:
    """How bad it got in every run of `acts`, whether its rule's threshold was reached or not.

    Gives a row a run in which anything counted: draw, seed, arm, severity, onset, and `happened`, whether the threshold was
    reached. A newcomer's silence in one thread of a record counts to its end, however soon: whether there was time was
    settled when it was found.
    """
    rule = rules[incident.kind]
    if incident.kind == "newcomer_driven_away" and incident.arm == RECORD:
        rule = {**rule, "gone": 0}
    if incident.kind in ("escalation", "pile_on"):
        acts = acts.filter(pl.col("place") == incident.place)
    if incident.kind in ("escalation", "pile_on", "rule_breaking_streak"):
        acts = acts.filter(pl.col("tone").is_in(["heated", "hostile"]))  # others weigh nothing
    rows = []
    for (draw, seed, arm), run in acts.group_by(RUN, maintain_order=True):
        for given in (rule, *lowered(rule)):
            found = next(
                (one for one in DETECTORS[incident.kind](run, given, hours) if _same(one, incident)), None
            )
            if found is not None:
                rows.append((draw, seed, arm, found.severity, found.onset, given is rule))
                break
    schema = {
        "draw": pl.Int32,
        "seed": pl.Int32,
        "arm": pl.String,
        "severity": pl.Float64,
        "onset": pl.Int64,
        "happened": pl.Boolean,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def lowered(rule: Rule) -> list[Rule]:
    """The rule as it counts below its threshold; one with a least number of members has one for each smaller number.

    >>> [one["least"] for one in lowered({"threshold": 0.1, "least": 3})]
    [3, 2, 1]
    """
    low = {**rule, "threshold": LOWEST}
    if "least" not in rule:
        return [low]
    return [{**low, "least": least} for least in range(ceil(rule["least"]), 0, -1)]


def _same(found: Found, incident: Incident) -> bool:
    """Is this at the same place and to the same member? A newcomer may be driven away in another place of a run."""
    place = incident.place if incident.kind == "newcomer_driven_away" else found.place
    return (found.member, place) == (incident.member, incident.place)


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


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _named(kind: str, draw: int, seed: int, arm: str, found: Found) -> Incident:
    address = repr((draw, seed, arm, kind, found.place, found.member))
    short = hashlib.sha256(address.encode()).hexdigest()[:8]
    return Incident(f"{kind}-{short}", kind, draw, seed, arm, *found)
