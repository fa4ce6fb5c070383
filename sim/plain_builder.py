"""A builder for communities whose yaml says everything but their rules: phases, words, personas, rules of thumb.

    class Builder(PlainBuilder):
        name, features, Settings = "pond", ("stock", "wanted"), PondSettings
        declared = Declared(amount="fish", summaries={"harvested": "fish"}, measures={"stock": "fish"})

        def make(self, scenes, *, traits_key, luck, steps):
            return Pond(scenes, self.members(scenes[0], traits_key, self.settings.size), self.declared, self.settings)

Of the yaml: `phases` (a name, then `question`, `actions` or `amounts`, `features`, `rules`; one phase may stand without
the heading), `setting`, `personas` (share, words, and any traits as numbers), `settings`.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from windtunnel.agents.actions import Action, Vocabulary
from windtunnel.agents.minds.rules import RulesMind, overlaid, weight_table
from windtunnel.agents.situation import Feature, Persona, Scene
from windtunnel.sim import noise
from windtunnel.sim.community import Declared
from windtunnel.sim.members import Members

NEAR = "near"
"""In place of an action in a rule: members take near the amount that the feature says."""
OUTSIDE = (("size",), ("step_hours",))
"""Settings that a user writes without the heading `settings`."""


class Settings(BaseModel):
    """The numbers that every community has; a community adds its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: Annotated[int, Field(ge=1, le=20_000_000)]
    step_hours: Annotated[float, Field(gt=0)] = 1.0


class FeatureWords(BaseModel):
    """Where a feature's bins part, one sentence a bin, and a sentence that tells the number itself (`{value}`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    edges: list[float] = []
    words: list[str] = [""]
    telling: str = ""
    neutral: int = 0


class Amounts(BaseModel):
    """A grid of whole numbers as actions: `words` holds `{amount}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    least: Annotated[int, Field(alias="from")]
    most: Annotated[int, Field(alias="to")]
    by: Annotated[int, Field(ge=1)] = 1
    words: str


class PhaseWords(BaseModel):
    """One phase of a step, as the yaml has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str
    question_to_you: str = ""
    """The same as a member is asked that is told its own lines; empty: as it is."""
    offer: str = ""
    """What stands above the options; empty: the usual line."""
    actions: dict[str, str] = {}
    amounts: Amounts | None = None
    features: dict[str, FeatureWords] = {}
    rules: dict[str, dict[str, Any]] = {}
    at_once: bool = False
    """It is decided at the same moment as the phase before it, by members of another role."""
    rates: dict[str, Annotated[float, Field(gt=0)]] = {}
    """How often each action is taken in an unremarkable situation, up to a factor; 1 where not told."""


class PersonaWords(BaseModel):
    """The share of members who are so, what a language model reads, and traits by name."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, float] = Field(init=False)

    share: Annotated[float, Field(ge=0, le=1)]
    words: str
    to_you: str = ""


class PlainBuilder:
    """Reads the yaml; a community gives `name`, `features`, `declared`, `Settings` and `make`."""

    name: ClassVar[str]
    features: ClassVar[tuple[str, ...]] = ()
    """What the community measures; the yaml gives words to some of them."""
    notices: ClassVar[tuple[str, ...]] = ()
    """Those of the features that only a policy can raise: without it they need no bins."""
    declared: Declared = Declared()
    Settings: ClassVar[type[Settings]] = Settings

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        if config.get("profile") is not None:
            raise ValueError(f"community.profile is set, but {self.name} takes none: leave it null")
        own = {key: config[key] for key in ("size", "step_hours") if key in config}
        self.settings: Any = _checked(self.Settings, own | dict(config.get("settings") or {}), "settings")
        phases = config.get("phases") or {
            "": {key: config[key] for key in PhaseWords.model_fields if key in config}
        }
        self.phases = {
            str(name): _checked(PhaseWords, part, f"phases.{name}" if name else "")
            for name, part in phases.items()
        }
        self.personas = tuple(
            _persona(str(name), spec) for name, spec in (config.get("personas") or {}).items()
        ) or (Persona("member", 1.0, ""),)
        if not any(one.share for one in self.personas):
            raise ValueError(
                f"community.personas: the shares of {', '.join(one.name for one in self.personas)} are all 0: give one of them a share"
            )

    def scenes(self, raised: Sequence[str] | set[str] = ()) -> tuple[Scene, ...]:
        """One scene a phase; a notice that no policy has `raised` keeps one bin."""
        return tuple(
            Scene(
                community=str(self.config["name"]),
                actions=self._vocabulary(name, words),
                features=tuple(self._feature(key, spec, raised) for key, spec in words.features.items()),
                personas=self.personas,
                setting=str(self.config["setting"]),
                question=words.question,
                phase=name,
                ask_you=words.question_to_you,
                offer=words.offer,
                at_once=words.at_once,
            )
            for name, words in self.phases.items()
        )

    def scene(self, raised: Sequence[str] | set[str] = ()) -> Scene:
        """The scene of the first phase."""
        return self.scenes(raised)[0]

    def members(self, scene: Scene, traits_key: int, size: int, **more: Any) -> Members:
        """`size` members who are always there, each of a persona drawn by the shares; `more` columns as `Members` has them."""
        ids = np.arange(size)
        personas = scene.personas
        cuts = np.cumsum([persona.share for persona in personas])
        lot = noise.uniform(traits_key, "persona", 0, ids)
        persona = np.minimum(np.searchsorted(cuts / cuts[-1], lot, side="right"), len(personas) - 1)
        columns: dict[str, Any] = {
            "id": ids,
            "joined": np.zeros(size, np.int32),
            "rate": np.full(size, np.inf),
            "persona": persona.astype(np.int16),
            "traits": self.traits(personas, persona),
            "summaries": {name: np.zeros(size) for name in self.declared.summaries},
        }
        return Members(**columns | more)

    def traits(self, personas: Sequence[Persona], persona: np.ndarray) -> dict[str, np.ndarray]:
        """The declared traits (n,) that personas have; 0 where one does not say."""
        return {
            name: np.array([float(one.traits.get(name, 0.0)) for one in personas])[persona]
            for name in self.declared.traits
        }

    def rules(self, scene: Scene, table: Mapping[str, Any] | None = None) -> RulesMind:
        """A logit by the phase's `rates` and `rules`; override it to give a `StrategyMind`.

        A rule `feature: {near: [k, source]}` lowers the log-odds of each amount by k times its squared distance from
        the feature's value: with a large k members take just what the feature says.
        """
        words = self.phases[scene.phase]
        own = overlaid(words.rules, table)
        near = {name: row[NEAR] for name, row in own.items() if NEAR in row}
        plain = {name: {a: cell for a, cell in row.items() if a != NEAR} for name, row in own.items()}
        weights = weight_table(scene, plain, {})
        alpha = self.alpha(scene)
        amounts = np.array([float(action.amount or 0) for action in scene.actions])
        names = [feature.name for feature in scene.features]
        for name, cell in near.items():
            if name not in names:
                raise ValueError(f"rule {name}.near: this phase has features {names}")
            strength = float(cell[0])
            weights[names.index(name)] += 2 * strength * amounts
            alpha = alpha - strength * amounts**2
        return RulesMind(scene, alpha, weights)

    def alpha(self, scene: Scene) -> np.ndarray:
        """Log base rates (actions,): the phase's `rates`, equal where it tells none."""
        rates = self.phases[scene.phase].rates
        shares = np.array([rates.get(name, 1.0) for name in scene.actions.names])
        return np.log(shares / shares.sum())

    def status_quo(self) -> Mapping[str, Mapping[str, Any]]:
        """None is known."""
        return {}

    def _vocabulary(self, phase: str, words: PhaseWords) -> Vocabulary:
        actions = [Action(name, text) for name, text in words.actions.items()]
        if words.amounts is not None:
            grid = words.amounts
            actions += [
                Action(f"{grid.kind}_{amount}", grid.words.format(amount=amount), grid.kind, amount)
                for amount in range(grid.least, grid.most + 1, grid.by)
            ]
        if len(actions) < 2:
            where = f"phases.{phase}" if phase else "the community"
            raise ValueError(f"{where} offers {len(actions)} actions; a decision needs two at least")
        return Vocabulary(actions)

    def _feature(self, name: str, spec: FeatureWords, raised: Sequence[str] | set[str]) -> Feature:
        if name not in self.features:
            raise ValueError(
                f"unknown feature {name!r} of the community: {self.name} measures {', '.join(self.features)}"
            )
        edges, words = tuple(spec.edges), tuple(spec.words)
        if len(words) != len(edges) + 1:
            raise ValueError(
                f"feature {name!r} has {len(edges)} edges and {len(words)} sentences; it needs one sentence more than edges"
            )
        if name in self.notices and name not in raised:
            edges, words = (), words[:1]
        return Feature(name, edges, words, spec.neutral, spec.telling)


def _persona(name: str, spec: Any) -> Persona:
    words = _checked(PersonaWords, spec, f"personas.{name}")
    return Persona(name, words.share, words.words, dict(words.model_extra or {}), words.to_you)


def _checked(kind: type[Any], given: Any, place: str) -> Any:
    """The model made of it; `ValueError` names the key in one sentence."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = "" if place == "settings" and first["loc"][:1] in OUTSIDE else place
        where = ".".join(str(part) for part in ("community", place, *first["loc"]) if str(part))
        if first["type"] == "missing":
            raise ValueError(f"{where} is missing") from None
        if first["type"] == "extra_forbidden":
            raise ValueError(f"no setting is called {where!r}") from None
        said = first["msg"].removeprefix("Value error, ")
        if not first["loc"] and isinstance(first["input"], dict):
            raise ValueError(f"{where}: {said}") from None
        raise ValueError(f"{where} is {first['input']!r}: {said}") from None
