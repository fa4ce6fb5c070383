"""Minds by name, made for one experiment's scene and profile."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from windtunnel.agents.minds.base import Mind, MindKind
from windtunnel.agents.minds.several import LETTERS, PhasedMind, StagedMind
from windtunnel.agents.situation import Scene
from windtunnel.conf import plugins
from windtunnel.sim.community import Builder
from windtunnel.sim.experiment import Experiment

if TYPE_CHECKING:
    from windtunnel.agents.minds.llm import LLMMind

ENTRY_POINTS = "windtunnel.minds"


def make_mind(experiment: Experiment) -> Mind:
    """The mind that an experiment names, made for its community.

    A community whose steps have several phases has one mind for each, told apart by their scenes.
    """
    kind = experiment.builder()
    scenes = kind.scenes(experiment.raised())
    minds = _made(mind_kind(str(experiment.mind["name"])), kind, scenes, experiment.mind)
    return phased(scenes, minds)


def phased(scenes: Sequence[Scene], minds: Sequence[Mind]) -> Mind:
    """One mind of as many as there are phases of a step."""
    phases = [scene.phase for scene in scenes]
    return minds[0] if len(scenes) == 1 else PhasedMind(dict(zip(phases, minds, strict=True)))


def _made(
    what: MindKind, kind: Builder, scenes: Sequence[Scene], settings: Mapping[str, Any]
) -> Sequence[Mind]:
    """One mind for each scene; `ValueError` where another package's cannot be made of the settings."""
    try:
        minds = what.make(kind, scenes, settings)
    except (ValueError, ImportError):
        raise
    except Exception as error:
        if what.name in OWN:
            raise
        raise ValueError(
            f"mind {what.name} cannot be made of its settings: {plugins.in_short(error)}"
        ) from error
    if len(minds) != len(scenes):
        raise ValueError(
            f"mind {what.name} gave {len(minds)} minds: it must give one for each scene, of which there are {len(scenes)}"
        )
    return minds


def mind_names() -> list[str]:
    """Names that `mind=` accepts: ours first."""
    return [*OWN, *sorted({point.name for point in entry_points(group=ENTRY_POINTS)} - OWN.keys())]


def mind_kind(name: str) -> MindKind:
    """The kind of mind called so; `ValueError` names those that there are."""
    if name in OWN:
        return OWN[name]
    for point in entry_points(group=ENTRY_POINTS):
        if point.name == name:
            return plugins.load("mind", point, partial(_wrong, point))
    raise ValueError(f"no mind is called {name!r}: there are {', '.join(mind_names())}")


def _wrong(point: Any, found: Any) -> str:
    """What keeps the thing that an entry point names from being a kind of mind; empty if nothing does."""
    return plugins.misnamed(point, found) if isinstance(found, MindKind) else "is no MindKind"


def asks_a_model(mind: Mapping[str, Any]) -> bool:
    """Whether these settings are of a mind that asks a language model."""
    return mind_kind(str(mind.get("name"))).asks_a_model


def check_one_phase(scenes: Sequence[Scene]) -> None:
    """`ValueError` where members decide several things in a step, which one distilled file cannot say."""
    if len(scenes) > 1:
        raise ValueError(
            f"a distilled mind knows one kind of decision; in a step of {scenes[0].community} there are {len(scenes)} "
            f"({', '.join(scene.phase for scene in scenes)}): set mind=rules or mind=llm"
        )


def _rules(kind: Builder, scenes: Sequence[Scene], config: Mapping[str, Any]) -> list[Mind]:
    """The rules of the community; `coefficients` are a user's, by phase where a step has several."""
    given = config.get("coefficients")
    return [kind.rules(scene, given.get(scene.phase) if given and scene.phase else given) for scene in scenes]


def _llm(kind: Builder, scenes: Sequence[Scene], config: Mapping[str, Any]) -> list[Mind]:
    """A language model's mind for each scene; all ask one model."""
    made = _asker(config)
    minds: list[Mind] = []
    for scene in scenes:
        alpha = kind.alpha(scene).tolist() if config["alpha"] == "profile" else config["alpha"]
        long = len(scene.actions) > LETTERS
        minds.append(StagedMind(scene, made, alpha) if long else made(scene, alpha))
    return minds


def _asker(config: Mapping[str, Any]) -> "Callable[[Scene, Sequence[float] | None], LLMMind]":
    """What makes, of a scene and its alpha, a mind that asks the language model of these settings; all that it makes ask one."""
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

    return made


def pin_file(mind: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a distilled mind with its file's SHA-256, so that a run sees one and the same file throughout."""
    from windtunnel.agents.minds.distilled import read_distilled

    if not isinstance(mind.get("file"), str) or not mind["file"]:
        raise ValueError("mind=distilled needs mind.file=FILE: windtunnel distill llm=… out=FILE makes one")
    return {**mind, "sha256": read_distilled(mind["file"])[1]}


def _distilled(kind: Builder, scenes: Sequence[Scene], config: Mapping[str, Any]) -> list[Mind]:
    """The mind of a distilled file; `ValueError` if it is not the file that was checked when the run was planned."""
    from windtunnel.agents.minds.distilled import DistilledMind, read_distilled

    check_one_phase(scenes)
    path = Path(config["file"])
    made, digest = read_distilled(path)
    if config.get("sha256") not in (None, digest):
        raise ValueError(f"{path.name} has changed since the run began: start it again")
    return [DistilledMind(scenes[0], made, file=path.name, sha256=digest)]


def learned_minds(kind: Builder, scenes: Sequence[Scene], config: Mapping[str, Any]) -> list[Mind]:
    """The mind of learned members in each phase; `ValueError` where the community has learned none."""
    from windtunnel.agents.minds.learned import LearnedMind

    part = _learned_part(kind, "learned")
    stay = float(np.log(part.more))
    return [LearnedMind(scene, kind.rules(scene), part.draws, stay) for scene in scenes]


def _learned_llm_minds(kind: Builder, scenes: Sequence[Scene], config: Mapping[str, Any]) -> list[Mind]:
    """Learned members whose tones a language model moves; one model and one table of its answers for all phases."""
    from windtunnel.agents.minds.learned_llm import LearnedLLMMind

    part = _learned_part(kind, "learned+llm")
    shifts = _asker(config)(scenes[0]._replace(phase=""), [0.0] * len(scenes[0].actions))
    stay = float(np.log(part.more))
    return [LearnedLLMMind(scene, kind.rules(scene), part.draws, stay, shifts) for scene in scenes]


def _learned_part(kind: Builder, name: str) -> Any:
    part = getattr(kind, "learned", None)
    if part is None:
        raise ValueError(
            f"mind={name} needs what was learned from a record: community.profile=FOLDER of an imported community, and "
            "`windtunnel fit FOLDER`"
        )
    return part


def is_learned(mind: Any) -> bool:
    """Whether members of a mind of this name come and look by a law that was learned from a record."""
    return mind in ("learned", "learned+llm")


OWN = {
    kind.name: kind
    for kind in (
        MindKind(
            "rules",
            "the community's own rules, say a multinomial logit over features; no language model",
            _rules,
        ),
        MindKind(
            "llm",
            "a language model's option probabilities, calibrated to base rates; llm=embedded, openai, vllm or fake",
            _llm,
            asks_a_model=True,
        ),
        MindKind(
            "distilled",
            "a logit fitted to a language model's answers, at the speed of the rules; mind.file= from windtunnel distill",
            _distilled,
            by_file=True,
        ),
        MindKind(
            "learned",
            "members learned from a record: who comes, where, whom they answer, when; needs a fitted community",
            learned_minds,
        ),
        MindKind(
            "learned+llm",
            "learned members whose tone and words are a language model's, as far as it moves the record's own; llm= as for mind=llm",
            _learned_llm_minds,
            asks_a_model=True,
        ),
    )
}
"""Minds that we ship, by name."""
DRAWN_BEFOREHAND: dict[tuple[Any, Any], tuple[str, ...]] = {
    ("forum", mind): ("newcomer_return", "active_members") for mind in OWN if not is_learned(mind)
}
"""Outcomes that no decision of a mind moves, by community and mind: when a forum's members come is drawn beforehand. A mind
that decides whether its members come back takes its entry out."""
