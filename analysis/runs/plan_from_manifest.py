"""The plan of a finished run from its manifest alone, so that its worlds can be made again."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from windtunnel.analysis.configuration import STATUS_QUO, Plan, plan
from windtunnel.analysis.runs.stopping import Rule
from windtunnel.sim.communities import community as community_builder

_AS_THEY_ARE = (
    "community",
    "mind",
    "llm",
    "outcome",
    "prompt",
    "draws",
    "seeds",
    "steps",
    "root",
    "confidence",
    "dowhy",
)


def plan_again(manifest: Mapping[str, Any]) -> Plan:
    """The plan that a manifest's `config` records; `ValueError` where the manifest does not hold one."""
    config = manifest.get("config")
    missing = [name for name in (*_AS_THEY_ARE, "policy", "baseline") if name not in (config or {})]
    if missing or config is None:
        raise ValueError(f"the manifest holds no {missing[0]}: it is not one of this version of windtunnel")
    baseline = list(config["baseline"])
    names = []
    if config.get("status_quo"):
        names = [STATUS_QUO]
        community = config["community"]
        baseline = baseline[len(community_builder(str(community["name"]))(community).status_quo()) :]
    mind = dict(config["mind"])
    if isinstance(mind.get("calibration"), Mapping):
        mind["calibration"] = mind["calibration"]["file"]
    made = plan(
        {name: config[name] for name in _AS_THEY_ARE}
        | {
            "mind": mind,
            "treatment": [name for name, _ in config["policy"]] or "none",
            "policy_with": _given(config["policy"]),
            "baseline": [*names, *(name for name, _ in baseline)] or "none",
            "baseline_with": _given(baseline),
            "stop": config.get("stop") or Rule()._asdict(),  # a manifest of 0.1 has none
            "dry": False,
            "out": None,
            "parallel": {"jobs": 1, "backend": "loky", "worlds": 16},
        }
    )
    return replace(made, described=manifest.get("described") or {})


def _given(specs: list[list[Any]]) -> dict[str, dict[str, Any]]:
    return {name: {key: value for key, value in given.items() if value is not None} for name, given in specs}
