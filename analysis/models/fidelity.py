"""How well members stand for what they were made from: a record, field experiments, or a distilled mind's language model."""

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from windtunnel.analysis import field_experiments
from windtunnel.analysis.configuration import Plan
from windtunnel.analysis.models.declared_effects import declared_effects
from windtunnel.analysis.models.volume import hardly_lived, wrote

EFFECTS = {"rd": ("y0", "y1"), "mean_difference": ("severity0", "severity1")}
"""Effects that are compared, and the columns of the pairs that they are differences of."""


def fidelity_of(plan: Plan, events: pl.DataFrame | None = None) -> dict[str, Any] | None:
    """How far members are like those of a record, and of a forum what came of field experiments elsewhere and what is declared."""
    forum = plan.experiment.community["name"] == "forum"
    found = {
        **plan.described,
        "experiments": field_experiments.sentence() if forum else "",
        "declared": declared_effects(plan.experiment, plan.resolved["mind"]) if forum else [],
    }
    if events is not None and "descriptive" in found:
        community, steps = plan.experiment.community, plan.experiment.steps
        said = (str(found["descriptive"]), hardly_lived(community, steps), wrote(community, events, steps))
        found["descriptive"] = "; ".join(filter(None, said))
    return {name: said for name, said in found.items() if said} or None


def claim_check(plan: Plan, record: Mapping[str, Any]) -> Callable[[pl.DataFrame], str | None] | None:
    """What withholds a run's claim because its mind is distilled: a function of its complete pairs; None for others."""
    if record.get("mind") != "distilled":
        return None
    return lambda pairs: doubt(pairs, record.get("check"), scope_of(plan))


def teacher_assumption(record: Mapping[str, Any]) -> list[dict[str, str]]:
    """The assumption that a distilled mind adds to the estimates, with what its check found; none for other minds."""
    if record.get("mind") != "distilled":
        return []
    check, sentence = record.get("check"), "its effects were never compared with its language model's"
    if check:
        gap = check["rd"]["difference"]
        interval = "" if gap["low"] is None else f" (interval {gap['low']:+.3f} to {gap['high']:+.3f})"
        sentence = (
            f"over {check['pairs']} pairs on the same seeds its risk difference was its language model's "
            f"{gap['est']:+.3f}{interval}"
        )
    return [{"name": "the distilled mind stands for its model", "status": "assumed", "sentence": sentence}]


def doubt(pairs: pl.DataFrame, check: Mapping[str, Any] | None, scope: Mapping[str, Any]) -> str | None:
    """Why the effect in `pairs` cannot be claimed of the teacher, as a sentence; None where it can.

    `scope` is what the run is about. Severities are compared only where community size, steps and horizon are
    those of the check, since most outcomes grow with them; risk differences always.
    """
    if not check:
        return "the distilled mind was never checked against its language model: distil again with check=true"
    for key in ("policy", "baseline", "outcome", "profile"):
        if check[key] != scope[key]:
            return (
                f"the distilled mind was checked against its language model for {key} {_words(check[key])}, "
                f"not for {_words(scope[key])}: distil again with these settings"
            )
    same_size = all(check[key] == scope[key] for key in ("size", "steps", "horizon"))
    for key, what in (("rd", "risk difference"), ("mean_difference", "mean severity difference")):
        without, with_ = EFFECTS[key]
        if key == "mean_difference" and not (same_size and {without, with_} <= set(pairs.columns)):
            continue
        effect = (pairs[with_] - pairs[without]).cast(pl.Float64).mean()
        gap = check[key]["difference"]["est"]
        if isinstance(effect, float) and abs(effect) < abs(gap):
            return (
                f"the policy's {what} is {effect:+.3f}, smaller than the {abs(gap):.3f} by which the distilled "
                "mind's differs from its language model's on the same seeds"
            )
    return None


def scope_of(plan: Plan) -> dict[str, Any]:
    """What a check is about: it speaks of this policy, outcome and community, at this size."""
    experiment = plan.experiment
    return {
        "policy": [spec.name for spec in experiment.policy],
        "baseline": [spec.name for spec in experiment.baseline],
        "outcome": plan.outcome.name,
        "profile": (experiment.community.get("profile") or {}).get("name"),
        "threshold": plan.threshold,
        "horizon": plan.horizon,
        "size": int(experiment.community["size"]),
        "steps": experiment.steps,
        "draws": experiment.draws,
        "seeds": experiment.seeds,
        "confidence": plan.confidence,
    }


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return str(value)
