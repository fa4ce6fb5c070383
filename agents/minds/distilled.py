"""The mind that a language model was distilled into: a multinomial logit read from a file, as fast as the rules."""

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from windtunnel.agents.minds.rules import RulesMind
from windtunnel.agents.situation import Scene, Situations

Finite = Annotated[float, Field(allow_inf_nan=False)]
ByAction = dict[str, Finite]


class Learned(BaseModel):
    """One feature: its inner bin borders, the raw value that stands for each bin, the shift of each action a unit."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    edges: list[Finite]
    values: list[Finite]
    weights: ByAction


class Distilled(BaseModel):
    """What a distilled file holds; log-odds everywhere, in the order of the community's own lists.

    log p(action) = base + the persona's shift + values of the features' bins · weights, normalised over what is on
    offer. `teacher` says which model was asked and how, `fit` how well it was learnt, `check` how far the effect
    of a policy differs from the teacher's own; None where that was not run.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    version: Literal[1]
    community: str
    profile: str | None
    actions: list[str]
    base: ByAction
    personas: dict[str, ByAction]
    features: dict[str, Learned]
    teacher: dict[str, Any]
    fit: dict[str, Any]
    check: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> "Distilled":
        rows = [self.base, *self.personas.values(), *(one.weights for one in self.features.values())]
        if any(list(row) != self.actions for row in rows):
            raise ValueError(
                f"every row needs one number for each of {', '.join(self.actions)}, in this order"
            )
        if any(len(one.values) != len(one.edges) + 1 for one in self.features.values()):
            raise ValueError("a feature needs one value more than edges")
        if any(one.edges != sorted(one.edges) for one in self.features.values()):
            raise ValueError("the edges of a feature must ascend")
        return self

    def fits(self, scene: Scene) -> str | None:
        """Why it cannot decide in this scene, as half a sentence; None where it can.

        A notice that nobody in an experiment can raise has a single bin there and may have more in the file.
        """
        ours = (self.actions, list(self.features), list(self.personas))
        theirs = (
            list(scene.actions.names),
            [feature.name for feature in scene.features],
            [persona.name for persona in scene.personas],
        )
        for what, mine, needed in zip(("actions", "features", "personas"), ours, theirs, strict=True):
            if mine != needed:
                return f"its {what} are {', '.join(mine)}, and this community's {', '.join(needed)}"
        for feature in scene.features:
            known = self.features[feature.name].edges
            if feature.edges and list(feature.edges) != known:
                return (
                    f"it was taught feature {feature.name} with the bin edges {known}, and this community "
                    f"under these policies needs {list(feature.edges)}"
                )
        return None


def read_distilled(path: Path | str) -> tuple[Distilled, str]:
    """The content of a distilled file and its SHA-256; `ValueError` says what is wrong with it."""
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"there is no file {path}: make one with windtunnel distill out={path}")
    content = path.read_bytes()
    try:
        return Distilled.model_validate(yaml.safe_load(content)), hashlib.sha256(content).hexdigest()
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(
            f"{path.name} is not yaml ({type(error).__name__}): make it with windtunnel distill"
        ) from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise ValueError(
            f"{path.name} is no distilled mind: {where}: {first['msg'].removeprefix('Value error, ')}; "
            "make it with windtunnel distill"
        ) from None


def write_distilled(made: Distilled, path: Path | str) -> str:
    """Write the file under a temporary name and rename it; gives its SHA-256."""
    path = Path(path)
    text = yaml.safe_dump(made.model_dump(), sort_keys=False, allow_unicode=True, width=120)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
    return hashlib.sha256(text.encode()).hexdigest()


class DistilledMind(RulesMind):
    """Decides by a distilled file; see `windtunnel.agents.minds.base.Mind`. `ValueError` if it was made for another scene.

    Features are read by their bins, as the teacher read them: what lies beyond the outermost border counts as the
    bin's value, so nothing is extrapolated that was never asked.
    """

    name = "distilled"

    def __init__(self, scene: Scene, made: Distilled, *, file: str, sha256: str) -> None:
        misfit = made.fits(scene)
        if misfit:
            raise ValueError(f"{file} cannot decide here: {misfit}; make one with windtunnel distill")
        weights = np.array([list(one.weights.values()) for one in made.features.values()])
        base = np.array(list(made.base.values()))
        super().__init__(scene, base, weights.reshape(len(scene.features), len(base)))
        shifts = [list(row.values()) for row in made.personas.values()] or [[0.0] * len(base)]
        self.made, self.file, self.sha256 = made, file, sha256
        self._alphas = base + np.array(shifts)
        self._used = [
            (column, np.array(one.edges), np.array(one.values))
            for column, one in enumerate(made.features.values())
            if self.weights[column].any()
        ]
        self._columns = [column for column, _, _ in self._used]
        self._slopes = self.weights[self._columns]

    def _scores(self, batch: Situations, part: slice) -> np.ndarray:
        features = batch.features[part]
        values = np.empty((len(features), len(self._used)))
        for place, (column, edges, stands) in enumerate(self._used):
            raw = features[:, column]
            if np.isnan(raw).any():
                raise ValueError(
                    f"feature {list(self.made.features)[column]} is not a number in some decision"
                )
            values[:, place] = stands[_bins(edges, raw)]
        rows = values @ self._slopes
        rows += self._alphas[batch.persona[part]]
        return rows

    def record(self) -> dict[str, Any]:
        """What the manifest must know: the file, its digest, its teacher, its fit and its check."""
        return super().record() | {
            "coupling": self.coupling,
            "file": self.file,
            "file_sha256": self.sha256,
            "teacher": self.made.teacher,
            "fit": self.made.fit,
            "check": self.made.check,
        }


def _bins(edges: np.ndarray, raw: np.ndarray) -> np.ndarray:
    """The bin of each raw value; few borders are counted, which is faster than searched for."""
    out = np.zeros(len(raw), np.intp)
    for edge in edges:
        out += raw >= edge
    return out
