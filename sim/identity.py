"""What decides a run, as one hash: two runs with equal keys have equal events."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from windtunnel.agents.llm.settings import HOW_ASKED
from windtunnel.sim.experiment import Experiment, Unit
from windtunnel.sim.minds import mind_kind
from windtunnel.sim.version import code_sha256, plug_ins_sha256

__all__ = ["HOW_ASKED", "HOW_MEASURED", "Keys", "hashed", "mind_identity"]

HOW_MEASURED = ("drift_sample", "independent_aa", "calibration")
"""Settings of a mind that touch no decision; a calibration's alpha and beta stand in the mind itself."""


class Keys:
    """The keys of one experiment's runs; a language model must be up, since its template is part of what it is.

    Left out is what the other arm's policies can raise: an arm in which nothing raises a notice has the same
    words and rates whether or not its twin could be told one (tested), so cells of a sweep share baselines.
    """

    def __init__(self, experiment: Experiment) -> None:
        schedules = {arm: experiment.schedule(arm) for arm in ("baseline", "policy")}
        classes = [type(policy) for policies in schedules.values() for policy in policies]
        self._shared = hashed(
            {
                "community": experiment.community,
                "notices": sorted(experiment.notices),
                "root": experiment.root,
                "steps": experiment.steps,
                "mind": mind_identity(experiment.mind),
                "code": code_sha256(),
                "plug_ins": plug_ins_sha256(
                    [*classes, type(experiment.builder()), mind_kind(str(experiment.mind["name"])).make]
                ),
            }
        )
        self._schedules = {
            arm: [[policy.name, policy.model_dump()] for policy in policies]
            for arm, policies in schedules.items()
        }

    def of(self, unit: Unit) -> str:
        """The key of one run: 64 hexadecimal digits."""
        schedule = self._schedules["policy" if unit.arm == "policy" else "baseline"]
        return hashed([self._shared, *unit, schedule])

    @property
    def experiment(self) -> str:
        """One key for all runs of both arms, however many draws and seeds there are."""
        return hashed([self._shared, self._schedules])


def mind_identity(mind: Mapping[str, Any]) -> dict[str, Any]:
    """What of a mind's settings decides its answers, a language model's identity among it."""
    told = {key: value for key, value in mind.items() if key not in ("llm", *HOW_MEASURED)}
    kind = mind_kind(str(mind["name"]))
    if kind.by_file and mind.get("sha256"):
        del told["file"]
    if not kind.asks_a_model:
        return told
    from windtunnel.agents.llm.cache import default_store
    from windtunnel.agents.llm.opening import open_model
    from windtunnel.agents.llm.settings import LLMSettings

    settings = LLMSettings.model_validate(mind["llm"])
    model = open_model(settings)
    try:
        identity = asdict(model.identity)
    finally:
        model.close()
    if identity["digest"]:
        identity["source"] = ""
    kept = settings.model_dump(exclude=set(HOW_ASKED))
    return told | {"identity": identity, "llm": kept | {"store": settings.store or str(default_store())}}


def hashed(content: Any) -> str:
    """SHA-256 of plain data as sorted JSON."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
