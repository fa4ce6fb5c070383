"""What a policy tells members works by declared numbers, not by fitted ones: which, and whose, for every report."""

from collections.abc import Iterable, Mapping
from typing import Any

from windtunnel.policies.registry import make_policy
from windtunnel.sim.experiment import Experiment

NUMBERED = ("rules", "learned")
"""Minds in which notices work by the numbers of the community's yaml; a model answers for itself."""


def declared_effects(experiment: Experiment, mind: Mapping[str, Any]) -> list[str]:
    """A sentence for each policy of the treatment that tells members something: what that does to them, and whence the number is."""
    said = []
    for spec in experiment.policy:
        features = make_policy(spec.name, spec.parameters, label=spec.label).raised()
        told = (
            _by_numbers(experiment, mind, features)
            if mind.get("name") in NUMBERED
            else "by what the model makes of its words"
        )
        if features and told:
            said.append(
                f"What {spec.name} tells members moves them {told}: declared, and not fitted to this community."
            )
    return said


def _by_numbers(experiment: Experiment, mind: Mapping[str, Any], features: Iterable[str]) -> str:
    community = experiment.community
    settings = community.get("settings") or {}
    extras = [extra for name, extra in (community.get("extras") or {}).items() if settings.get(name)]
    tables = [community.get("rules") or {}, *(extra.get("rules") or {} for extra in extras)]
    given = mind.get("coefficients") or {}
    told = []
    for feature in features:
        rows: dict[str, Any] = {}
        for table in (*tables, given):
            rows |= table.get(feature) or {}
        told += [
            f"{action.replace('_', ' ')} {value:+g} ({source})"
            if isinstance(value, int | float)
            else f"{action.replace('_', ' ')} by the profile"
            for action, (value, source) in rows.items()
        ]
    odds = f"by log-odds {', '.join(told)}" if told else ""
    rates = [
        f"arrivals of new members by log rate {row[0]:+g}, error {row[1]:g} ({row[2]})"
        for feature in features
        for row in _rates(community, feature)
    ]
    return ", and ".join(filter(None, (odds, *rates)))


def _rates(community: Mapping[str, Any], feature: str) -> list[Any]:
    priors = (community.get("learned") or {}).get("priors") or {}
    return [row for name, row in (priors.get(feature) or {}).items() if name == "arrives"]
