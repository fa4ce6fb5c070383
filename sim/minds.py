"""Minds by name, made for one experiment's scene and profile."""

from typing import Any

import numpy as np

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
    from agents.minds.llm import make_llm_mind

    alpha = np.asarray(kind.alpha(scene)) if config["alpha"] == "profile" else None
    return make_llm_mind(config, scene, alpha)
