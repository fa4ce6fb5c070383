"""Minds by name, made for one experiment's scene and profile."""

from typing import Any

from agents.minds.base import Mind
from agents.minds.rules import RulesMind, centred, weight_table
from sim.experiment import Experiment

MIND_NAMES = ("rules", "llm")


def make_mind(experiment: Experiment) -> Mind:
    """The mind that an experiment names: `rules`, or `llm` with its model and store."""
    kind = experiment.kind()
    scene = kind.scene(experiment.raised())
    config: dict[str, Any] = dict(experiment.mind)
    if config["name"] == "rules":
        weights = weight_table(scene, config["coefficients"], kind.rule_terms())
        reference, share = kind.typical(scene)
        return RulesMind(scene, centred(kind.alpha(scene), weights, reference, share), weights)
    from agents.llm.settings import LLMSettings, open_model
    from agents.minds.llm import LLMMind

    return LLMMind(
        open_model(LLMSettings.model_validate(config["llm"])),
        scene,
        prompt=config["prompt"],
        alpha=kind.alpha(scene).tolist() if config["alpha"] == "profile" else config["alpha"],
        beta=config["beta"],
        permute=config["permute"],
    )
