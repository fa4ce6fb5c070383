"""What is odd about an experiment though it may run: said before it does, once, so that nothing of it passes in silence."""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

import yaml

from windtunnel.analysis.configuration import Plan
from windtunnel.analysis.models.volume import hardly_lived
from windtunnel.analysis.numbers_in_words import capital
from windtunnel.analysis.outcomes.immovable import CANNOT, cannot_move
from windtunnel.policies.registry import parameters
from windtunnel.sim.run import processors


def notes(plan: Plan) -> list[str]:
    """One sentence for each oddity of a checked plan."""
    return [*_policies(plan), *_outcome(plan), *_community(plan), *_learned(plan), *_jobs(plan)]


def _policies(plan: Plan) -> Iterator[str]:
    experiment = plan.experiment
    if not experiment.policy:
        yield (
            "policy=none toggles nothing, so both arms are the same; `windtunnel list policies` names what can be toggled."
        )
    before = {spec.name: spec for spec in experiment.baseline}
    for spec in experiment.policy:
        if spec.name not in before:
            continue
        mine, theirs = ({**parameters(one.name), **one.parameters} for one in (spec, before[spec.name]))
        same = "with the same parameters" if mine == theirs else "with other parameters"
        where = "status quo" if before[spec.name].label.startswith("status_quo.") else "baseline"
        yield (
            f"{spec.name} is on in both arms already, by the {where}, and the policy adds it once more {same}; "
            "baseline=none compares it with its absence."
        )


def _outcome(plan: Plan) -> Iterator[str]:
    if plan.outcome.name in cannot_move(plan.resolved):
        yield f"outcome={plan.outcome.name} {CANNOT}: no policy can do anything about it here."
    usual = _usual(plan.outcome.name)
    if plan.threshold <= 0 and plan.resolved["outcome"].get("threshold") != usual.get("threshold"):
        yield (
            f"outcome.threshold is {plan.threshold:g}: a run in which nothing of it happens reaches that as well; where "
            f"{plan.outcome.name} is never below it, it counts as happened in every run."
        )
    elif plan.threshold > 1 and plan.outcome.unit.startswith("share"):
        yield f"outcome.threshold is {plan.threshold:g}, and {plan.outcome.name} is a {plan.outcome.unit}, 1 at the most: no run can reach it."
    steps = plan.experiment.steps
    if plan.horizon == 0:
        yield f"outcome.horizon is 0: {plan.outcome.name} counts in the step alone in which it begins."
    elif plan.horizon is not None and plan.horizon > steps and plan.horizon != usual.get("horizon"):
        yield f"outcome.horizon is {plan.horizon}, and the runs have {steps} steps: {plan.outcome.name} counts to their end."


def _usual(name: str) -> Mapping[str, Any]:
    """The settings that an outcome of ours has where none are given."""
    path = files("windtunnel.conf") / "outcome" / f"{name}.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _community(plan: Plan) -> Iterator[str]:
    community = plan.experiment.community
    follows, size = (community.get("settings") or {}).get("follows"), community.get("size")
    if isinstance(follows, int) and isinstance(size, int) and follows >= size:
        yield (
            f"community.settings.follows is {follows}, but there are {size} members: nobody can notice so many others, and "
            f"nobody notices anybody; give less than {size}."
        )


def _learned(plan: Plan) -> Iterator[str]:
    if said := hardly_lived(plan.experiment.community, plan.experiment.steps):
        yield f"{capital(said.replace(' came to ', ' comes to ', 1).replace(' had lived ', ' has lived ', 1))}."


def _jobs(plan: Plan) -> Iterator[str]:
    if plan.backend == "loky" and plan.jobs > processors():
        yield (
            f"parallel.jobs is {plan.jobs}, but this machine gives {processors()}: more processes than processors are no "
            "faster and take more memory."
        )
