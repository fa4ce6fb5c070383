"""Minds by name, made for one experiment's scene and profile."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from windtunnel.agents.minds.base import Mind
from windtunnel.agents.minds.rules import RulesMind, centred, weight_table
from windtunnel.agents.situation import Scene
from windtunnel.sim.experiment import Experiment

MIND_NAMES = ("rules", "llm", "distilled")


def make_mind(experiment: Experiment) -> Mind:
    """The mind that an experiment names: `rules`, `llm` with its model and store, or `distilled` with its file."""
    kind = experiment.kind()
    scene = kind.scene(experiment.raised())
    config: dict[str, Any] = dict(experiment.mind)
    if config["name"] == "rules":
        weights = weight_table(scene, config["coefficients"], kind.rule_terms())
        reference, share = kind.typical(scene)
        return RulesMind(scene, centred(kind.alpha(scene), weights, reference, share), weights)
    if config["name"] == "distilled":
        return _distilled(scene, config)
    from windtunnel.agents.llm.opening import open_model
    from windtunnel.agents.llm.settings import LLMSettings
    from windtunnel.agents.minds.llm import LLMMind
    from windtunnel.agents.words import TOKENS

    settings = LLMSettings.model_validate(config["llm"])
    return LLMMind(
        open_model(settings),
        scene,
        prompt=config["prompt"],
        alpha=kind.alpha(scene).tolist() if config["alpha"] == "profile" else config["alpha"],
        beta=config["beta"],
        permute=config["permute"],
        context=settings.context,
        recall=config["recall"],
        least_mass=settings.least_mass,
        words=config.get("words", False),
        words_tokens=config.get("words_tokens", TOKENS),
    )


def pinned(mind: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a distilled mind with its file's SHA-256, so that a run sees one and the same file throughout."""
    from windtunnel.agents.minds.distilled import read_distilled

    if not isinstance(mind.get("file"), str) or not mind["file"]:
        raise ValueError("mind=distilled needs mind.file=FILE: windtunnel distill llm=… out=FILE makes one")
    return {**mind, "sha256": read_distilled(mind["file"])[1]}


def _distilled(scene: Scene, config: dict[str, Any]) -> Mind:
    """The mind of a distilled file; `ValueError` if it is not the file that was checked when the run was planned."""
    from windtunnel.agents.minds.distilled import DistilledMind, read_distilled

    path = Path(config["file"])
    made, digest = read_distilled(path)
    if config.get("sha256") not in (None, digest):
        raise ValueError(f"{path.name} has changed since the run began: start it again")
    return DistilledMind(scene, made, file=path.name, sha256=digest)
