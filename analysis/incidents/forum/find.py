"""Finds the incidents of a forum in a table of its acts, simulated or recorded, and looks for one of them in another."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from windtunnel.analysis.importers.imported.lacking import at_one_time
from windtunnel.analysis.incidents.base import Found, Incident, Rule
from windtunnel.analysis.incidents.find import SEVERITIES, lowered, named, ranked, rules_of, same_as
from windtunnel.analysis.incidents.forum.acts import RECORD
from windtunnel.analysis.incidents.forum.detectors import DETECTORS
from windtunnel.analysis.outcomes import RUN


def load_rules(given: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, Rule]:
    """The rule of each of a forum's kinds; see `rules_of`."""
    return rules_of(DETECTORS, given)


def find(acts: pl.DataFrame, rules: Mapping[str, Rule], hours: float) -> list[Incident]:
    """All incidents of all runs in `acts`: kind by kind as in `conf/incident`, the worst of a kind first.

    Of a record none that begins at the one time that a move gave to many posts: when they were written is not known.
    """
    incidents = []
    for (draw, seed, arm), rows in acts.group_by(RUN, maintain_order=True):
        moved = at_one_time(rows.drop_nulls("post")["step"].to_numpy()) if arm == RECORD else {}
        for kind, rule in rules.items():
            for found in DETECTORS[kind](rows, rule, hours):
                if found.onset in moved:
                    continue
                incidents.append(named(kind, int(draw), int(seed), str(arm), found))  # type: ignore[call-overload]
    return ranked(incidents, rules)


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
    return pl.DataFrame(rows, schema=SEVERITIES, orient="row")


def _same(found: Found, incident: Incident) -> bool:
    """Is this at the same place and to the same member? A newcomer may be driven away in another place of a run."""
    elsewhere = incident.kind == "newcomer_driven_away"
    return same_as(found._replace(place=incident.place) if elsewhere else found, incident)
