"""The run card: what a manifest must say so that the same experiment can be run from it alone, and reading it back."""

from collections.abc import Mapping
from typing import Any

from windtunnel.sim.experiment import Experiment, PolicySpec
from windtunnel.sim.minds import mind_names


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
