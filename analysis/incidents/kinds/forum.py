"""What goes wrong in a forum, read from a run's tables; `analysis/incidents/forum` reads records of real ones as well."""

from collections.abc import Iterator
from functools import partial

from windtunnel.analysis.incidents.base import Found, Kind, Rule, Tables
from windtunnel.analysis.incidents.forum.acts import acts_of_run
from windtunnel.analysis.incidents.forum.detectors import DETECTORS

OUTCOMES = {
    "escalation": "an escalation",
    "pile_on": "a pile-on on {member}",
    "rule_breaking_streak": "a streak of rule-breaking of {member}",
    "mass_departure": "a mass departure",
    "newcomer_driven_away": "a newcomer driven away ({member})",
}


def found(kind: str, run: Tables, rule: Rule) -> Iterator[Found]:
    """What the detector of this kind finds in the acts of one run."""
    acts = acts_of_run(run.events, run.links, run.members)
    if acts.height:
        yield from DETECTORS[kind](acts, rule, run.step_hours)


INCIDENTS = {name: Kind(name, ("forum",), partial(found, name), OUTCOMES[name]) for name in DETECTORS}
