"""The run card: what a manifest must say so that the same experiment can be run from it alone, and reading it back."""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from windtunnel.analysis.configuration import Plan
from windtunnel.sim.experiment import Experiment, PolicySpec
from windtunnel.sim.minds import mind_names
from windtunnel.sim.version import code_sha256, installed

VERSIONED = ("policy-windtunnel", "mesa", "numpy", "polars", "networkx", "openai", "dowhy", "scipy")
COUPLING = "gumbel-max"
"""How twins share the chance of a choice, unless a mind says otherwise."""


def run_card(plan: Plan, runs: pl.DataFrame, llm: Mapping[str, Any]) -> dict[str, Any]:
    """What the manifest says of these runs (`tables.Tables.runs`); `llm` is what their mind did."""
    config = dict(plan.resolved)
    declared = json.dumps(
        {key: config[key] for key in ("outcome", "threshold", "policy", "baseline", "steps")}
        | {"polarity": plan.outcome.polarity},
        sort_keys=True,
        default=str,
    )
    return {
        "config": config,
        "declared_sha256": hashlib.sha256(declared.encode()).hexdigest(),
        "outcome": {
            "name": plan.outcome.name,
            "polarity": plan.outcome.polarity,
            "threshold": plan.threshold,
            "horizon": plan.horizon,
            "unit": plan.outcome.unit,
        },
        "described": dict(plan.described),
        "coupling": llm.get("coupling", COUPLING),
        "events_sha256": events_digest(runs["events_sha256"]),
        "runs": len(runs),
        "failed": int((runs["status"] == "failed").sum()),
        "decisions": int(runs["decisions"].sum()),
        "llm": dict(llm),
        "experiment": recorded(plan.experiment),
        "code_sha256": code_sha256(),
        "versions": {"python": platform.python_version(), **{name: installed(name) for name in VERSIONED}},
    }


def events_digest(hashes: Iterable[str]) -> str:
    """SHA-256 of the runs' own hashes in (draw, seed, arm) order."""
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def recorded(experiment: Experiment) -> dict[str, Any]:
    """What of an experiment a manifest's `config` does not hold to the last bit: policies with their labels, and the mind.

    Of a calibration its alpha and beta, which stand in the mind, are enough; of a distilled mind the file's SHA-256
    says which one it must be. The settings of a language model are the config's: no address or store of the moment.
    """
    mind = {key: value for key, value in experiment.mind.items() if key not in ("llm", "calibration")}
    return {
        "baseline": [_spec(spec) for spec in experiment.baseline],
        "policy": [_spec(spec) for spec in experiment.policy],
        "mind": mind,
        "notices": sorted(experiment.notices),
    }


def experiment_of(manifest: Mapping[str, Any]) -> Experiment:
    """The experiment that a manifest is of, every part of it checked; `ValueError` says what is wrong with it."""
    try:
        config, record = manifest["config"], manifest["experiment"]
        mind = dict(record["mind"])
        if mind["name"] not in mind_names():
            raise ValueError(
                f"the manifest names a mind {mind['name']!r}: there are {', '.join(mind_names())}"
            )
        made = Experiment(
            community=dict(config["community"]),
            baseline=[PolicySpec(*spec) for spec in record["baseline"]],
            policy=[PolicySpec(*spec) for spec in record["policy"]],
            mind=mind,
            **{name: _count(config, name) for name in ("draws", "seeds", "steps")},
            root=int(config["root"]),
            notices=frozenset(map(str, record["notices"])),
        )
        made.schedule("policy")
        made.builder().scene(made.raised())
        return made
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"the manifest does not say all that was run ({error} is missing or is no setting): run it again by its own "
            "command, with this version of windtunnel"
        ) from None


def _spec(spec: PolicySpec) -> list[Any]:
    return [spec.name, dict(spec.parameters), spec.label]


def _count(record: Mapping[str, Any], name: str) -> int:
    value = record[name]
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 1_000_000:
        raise ValueError(f"the manifest has {name} {value!r}: it should be a whole number from 1 on")
    return value
