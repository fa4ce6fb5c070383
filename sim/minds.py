"""Minds by name, made for one experiment's scene and profile."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from windtunnel.agents.minds.base import Mind
from windtunnel.agents.minds.several import LETTERS, PhasedMind, StagedMind
from windtunnel.agents.situation import Scene
from windtunnel.sim.community import Builder
from windtunnel.sim.experiment import Experiment

MIND_NAMES = ("rules", "llm", "distilled")


def make_mind(experiment: Experiment) -> Mind:
    """The mind that an experiment names: `rules`, `llm` with its model and store, or `distilled` with its file.

    A community whose steps have several phases has one mind for each, told apart by their scenes.
    """
    kind = experiment.kind()
    scenes = kind.scenes(experiment.raised())
    config: dict[str, Any] = dict(experiment.mind)
    if config["name"] == "rules":
        minds: list[Mind] = [_rules(kind, scene, config.get("coefficients")) for scene in scenes]
    elif config["name"] == "distilled":
        check_one_phase(experiment)
        minds = [_distilled(scenes[0], config)]
    else:
        minds = _llm(kind, scenes, config)
    phases = [scene.phase for scene in scenes]
    return minds[0] if len(scenes) == 1 else PhasedMind(dict(zip(phases, minds, strict=True)))


def check_one_phase(experiment: Experiment) -> None:
    """`ValueError` where members decide several things in a step, which one distilled file cannot say."""
    phases = [scene.phase for scene in experiment.kind().scenes()]
    if len(phases) > 1:
        raise ValueError(
            f"a distilled mind knows one kind of decision; in a step of {experiment.community['name']} there are "
            f"{len(phases)} ({', '.join(phases)}): set mind=rules or mind=llm"
        )


def _rules(kind: Builder, scene: Scene, coefficients: Mapping[str, Any] | None) -> Mind:
    """The rules mind of one phase; `coefficients` are a user's, by phase where a step has several."""
    table = coefficients.get(scene.phase) if coefficients and scene.phase else coefficients
    return kind.rules(scene, table)


def _llm(kind: Builder, scenes: Sequence[Scene], config: Mapping[str, Any]) -> list[Mind]:
    """A language model's mind for each scene; all ask one model."""
    from windtunnel.agents.llm.opening import open_model
    from windtunnel.agents.llm.settings import LLMSettings
    from windtunnel.agents.minds.llm import LLMMind
    from windtunnel.agents.words import TOKENS

    settings = LLMSettings.model_validate(config["llm"])
    model = open_model(settings)

    def made(scene: Scene, alpha: Sequence[float] | None) -> LLMMind:
        return LLMMind(
            model,
            scene,
            prompt=config["prompt"],
            alpha=alpha,
            beta=config["beta"],
            permute=config["permute"],
            context=settings.context,
            recall=config["recall"],
            least_mass=settings.least_mass,
            words=config.get("words", False),
            words_tokens=config.get("words_tokens", TOKENS),
        )

    minds: list[Mind] = []
    for scene in scenes:
        alpha = kind.alpha(scene).tolist() if config["alpha"] == "profile" else config["alpha"]
        long = len(scene.actions) > LETTERS
        minds.append(StagedMind(scene, made, alpha) if long else made(scene, alpha))
    return minds


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
