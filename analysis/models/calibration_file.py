"""The calibration file: what `windtunnel calibrate` writes, how a run takes it up, and when it is refused."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from windtunnel.agents.llm.request import Identity
from windtunnel.agents.prompt import prompt_sha256
from windtunnel.agents.situation import Scene
from windtunnel.sim.experiment import Experiment

VERSION = 1
NEEDED = ("model", "prompt", "prompt_sha256", "actions", "profile", "permute", "alpha", "beta", "card")


def write_calibration(path: Path, content: Mapping[str, Any]) -> None:
    """Write the file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(
        yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True, width=110), encoding="utf-8"
    )
    partial.replace(path)


def read_calibration(path: Path) -> dict[str, Any]:
    """The file's content with `file` (its name) and `sha256` added; `ValueError` if it is not a calibration."""
    if not path.is_file():
        raise ValueError(f"mind.calibration: no file {path}: `windtunnel calibrate` writes one")
    raw = path.read_bytes()
    try:
        content = yaml.safe_load(raw)
    except (yaml.YAMLError, UnicodeDecodeError):
        content = None
    if not isinstance(content, dict) or content.get("version") != VERSION:
        raise ValueError(f"{path} is no calibration of version {VERSION}: make one by `windtunnel calibrate`")
    missing = [key for key in NEEDED if key not in content]
    if missing or not _numbers(content):
        what = f"lacks {missing[0]}" if missing else "has an alpha or beta that is not a finite number"
        raise ValueError(f"the calibration {path} {what}: make it again by `windtunnel calibrate`")
    return content | {"file": path.name, "sha256": hashlib.sha256(raw).hexdigest()}


def _numbers(content: Mapping[str, Any]) -> bool:
    try:
        values = [content["beta"]["value"], *(content["alpha"][name] for name in content["actions"])]
        return all(math.isfinite(value) for value in values) and values[0] >= 0
    except (KeyError, TypeError):
        return False


def full_scene(experiment: Experiment) -> Scene:
    """The scene with every notice that some policy could raise: the same for all experiments of one community."""
    kind = experiment.builder()
    return kind.scene({feature.name for feature in kind.scene().features})


def profile_record(experiment: Experiment) -> dict[str, str]:
    """A profile's name and the SHA-256 of its content."""
    profile = experiment.community.get("profile") or {}
    text = json.dumps(profile, sort_keys=True, default=str)
    return {"name": str(profile.get("name")), "sha256": hashlib.sha256(text.encode()).hexdigest()}


def model_record(identity: Identity) -> dict[str, Any]:
    """What of a model decides its answers: name, digest of the weights where known, of its template, and how often
    it is sampled where it gives no log-probabilities.
    """
    return {
        "name": identity.model,
        "weights_sha256": identity.digest or None,
        "template_sha256": hashlib.sha256(identity.template.encode()).hexdigest(),
        "samples": identity.parameters.get("samples"),
    }


def with_calibration(experiment: Experiment) -> Experiment:
    """The experiment with alpha and beta of the file that `mind.calibration` names; as it is where none is named.

    `ValueError` if the file was made for other questions, actions or base rates, or if alpha or beta is set too.
    Which model answers is checked by `check_model`, once that is known.
    """
    mind = experiment.mind
    if not mind.get("calibration"):
        return experiment
    if mind["alpha"] != "profile" or mind["beta"] != 1:
        raise ValueError("mind.calibration holds alpha and beta: leave out mind.alpha and mind.beta")
    found = read_calibration(Path(str(mind["calibration"])))
    scene = full_scene(experiment)
    checks = (
        ("actions", found["actions"], list(scene.actions.names)),
        ("prompt", found["prompt"], mind["prompt"]),
        ("mind.permute", found["permute"], mind["permute"]),
        ("wording of the questions (prompt_sha256)", found["prompt_sha256"], prompt_sha256(scene)),
        ("profile", found["profile"], profile_record(experiment)),
    )
    for what, theirs, ours in checks:
        if theirs != ours:
            raise ValueError(_refusal(found, what, theirs, ours))
    alpha = [float(found["alpha"][name]) for name in found["actions"]]
    return replace(
        experiment, mind={**mind, "alpha": alpha, "beta": found["beta"]["value"], "calibration": found}
    )


def check_model(calibration: Mapping[str, Any], identity: Identity) -> None:
    """`ValueError` if a calibration was made with another model than the one that will answer."""
    theirs, ours = calibration["model"], model_record(identity)
    if theirs != ours:
        key = next(key for key in ours if theirs.get(key) != ours[key])
        raise ValueError(_refusal(calibration, f"model's {key}", theirs.get(key), ours[key]))


def _refusal(found: Mapping[str, Any], what: str, theirs: Any, ours: Any) -> str:
    return (
        f"the calibration {found['file']} was made for another {what} ({_short(theirs)}; this run has "
        f"{_short(ours)}): make one with this run's settings by `windtunnel calibrate`"
    )


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(_short(inner) for inner in value.values())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    text = str(value)
    return text[:12] if len(text) == 64 else text
