"""What is odd about an experiment though it may run: said before it does, once, so that nothing of it passes in silence."""

from collections.abc import Iterator

from windtunnel.analysis.configuration import Plan
from windtunnel.analysis.outcomes.immovable import CANNOT, cannot_move
from windtunnel.policies.registry import parameters
from windtunnel.sim.run import processors


def notes(plan: Plan) -> list[str]:
    """One sentence for each oddity of a checked plan."""
    return [*_policies(plan), *_outcome(plan), *_community(plan), *_jobs(plan)]


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


def _community(plan: Plan) -> Iterator[str]:
    community = plan.experiment.community
    follows, size = (community.get("settings") or {}).get("follows"), community.get("size")
    if isinstance(follows, int) and isinstance(size, int) and follows >= size:
        yield (
            f"community.settings.follows is {follows}, but there are {size} members: nobody can notice so many others, and "
            f"nobody notices anybody; give less than {size}."
        )


def _jobs(plan: Plan) -> Iterator[str]:
    if plan.backend == "loky" and plan.jobs > processors():
        yield (
            f"parallel.jobs is {plan.jobs}, but this machine gives {processors()}: more processes than processors are no "
            "faster and take more memory."
        )
