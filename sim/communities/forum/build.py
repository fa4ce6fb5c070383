"""A forum from its configuration: the words of its scene, its settings, its profile, its base rates."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from pydantic import ValidationError

from windtunnel import conf
from windtunnel.agents.actions import Action, Vocabulary
from windtunnel.agents.minds.rules import RulesMind, centred, overlaid, weight_table
from windtunnel.agents.situation import Feature, Persona, Scene
from windtunnel.sim import noise
from windtunnel.sim.communities.forum.declared import DECLARED, learned, with_extras
from windtunnel.sim.communities.forum.forum import Forum, known_features
from windtunnel.sim.communities.forum.learned.build import LearnedPart
from windtunnel.sim.communities.forum.posts import MOST_STEPS
from windtunnel.sim.communities.forum.profile import Profile
from windtunnel.sim.communities.forum.rates import base_rates, typical_situations
from windtunnel.sim.communities.forum.settings import Settings, Words
from windtunnel.sim.communities.forum.traits import draw_members
from windtunnel.sim.network import follows
from windtunnel.sim.noise_key import NoiseKey

NOTICES = ("reminder", "warned", "counterspeech", "noted", "marked", "choosing")
"""Features that only a policy can raise: without such a policy they need no bins."""


class Builder:
    """Makes forums of one configuration. `ValueError` says which key is wrong and what would work."""

    declared = DECLARED

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        if config["profile"] is None:
            known = ", ".join(sorted(conf.options("profile")))
            raise ValueError(f"community.profile is None: choose {known}, or give the path of a profile.yaml")
        try:
            self.profile = Profile.model_validate(config["profile"])
        except ValidationError as error:
            raise ValueError(_sentence("community.profile", error)) from None
        try:
            self.settings = Settings(
                size=config["size"], step_hours=config["step_hours"], **config["settings"]
            )
            self.config = config = extended(config, self.settings)
            self.words = Words(
                actions=config["actions"], features=config["features"], personas=config["personas"]
            )
        except ValidationError as error:
            raise ValueError(_sentence("community", error)) from None
        self.learned: LearnedPart | None = None
        if self.settings.extras:
            self.declared = with_extras(DECLARED, self.settings.extras)
        if config.get("learned"):
            if asked := self.settings.extras:
                raise ValueError(
                    f"community.settings.{asked[0]} is set, but members are learned from a record, which tells nothing of "
                    "it: set mind=rules"
                )
            self.learned, self.declared = LearnedPart(self, config["learned"]), learned()

    def scene(self, raised: Sequence[str] | set[str] = ()) -> Scene:
        """What members are told; a notice that no policy in the experiment `raised` keeps one bin."""
        config = self.config
        return Scene(
            community=str(config["name"]),
            actions=Vocabulary([Action(name, words) for name, words in config["actions"].items()]),
            features=tuple(_feature(name, spec, raised) for name, spec in config["features"].items()),
            personas=tuple(
                Persona(
                    name, spec["share"], spec["words"], {"temper": spec["temper"]}, spec.get("to_you", "")
                )
                for name, spec in config["personas"].items()
            ),
            setting=" ".join(filter(None, (config["setting"].strip(), self.profile.setting))),
            question=config["question"],
            ask_you=config.get("question_to_you", ""),
        )

    def scenes(self, raised: Sequence[str] | set[str] = ()) -> tuple[Scene, ...]:
        """A step of a forum has one phase; where members are learned, several."""
        scene = self.scene(raised)
        return (scene,) if self.learned is None else self.learned.scenes(scene)

    def make(self, scenes: tuple[Scene, ...], *, traits_key: int, luck: NoiseKey, steps: int) -> Forum:
        """A forum of the community that `traits_key` draws, under `luck`, with arrivals for `steps` steps."""
        if steps > MOST_STEPS:
            raise ValueError(f"steps is {steps}; a forum's post ids have room for {MOST_STEPS}")
        if self.learned is not None:
            return self.learned.make(scenes, traits_key=traits_key, luck=luck, steps=steps)
        (scene,), hours = scenes, self.settings.step_hours
        members = draw_members(
            self.profile,
            scene.personas,
            traits_key=traits_key,
            luck=luck,
            size=self.settings.size,
            steps=steps,
            step_hours=hours,
        )
        if self.settings.camps:
            lot = noise.uniform(traits_key, "camp", 0, members.id)
            members.traits["camp"] = (lot < 0.5).astype(float)
        noticed = follows(traits_key, self.settings.size, self.settings.follows)
        return Forum(scene, self.profile, self.settings, members, noticed, luck=luck, step_hours=hours)

    def expect(self, traits_keys: Sequence[int]) -> None:
        """Forums of these communities are about to be made: what each needs and its runs share is made for all of them at once."""
        if self.learned is not None:
            self.learned.expect(traits_keys)

    def alpha(self, scene: Scene) -> np.ndarray:
        """log base rates of the actions, (actions,)."""
        extras = (self.config.get("extras") or {}).values()
        rates = {name: rate for extra in extras for name, rate in (extra.get("rates") or {}).items()}
        return base_rates(self.profile, scene.actions.names, rates)

    def rules(self, scene: Scene, table: Mapping[str, Any] | None = None) -> RulesMind:
        """A logit whose base rates are averages over typical situations."""
        weights = weight_table(scene, overlaid(self.config.get("rules") or {}, table), self.rule_terms())
        reference, share = self.typical(scene)
        return RulesMind(scene, centred(self.alpha(scene), weights, reference, share), weights)

    def status_quo(self) -> Mapping[str, Mapping[str, Any]]:
        """The moderation that the profile records."""
        return self.profile.moderation

    def rule_terms(self) -> dict[str, float]:
        """Coefficients that the profile decides, by feature."""
        return {"newcomer": float(np.log(max(self.profile.newcomer_hostility.value, 1e-3)))}

    @cached_property
    def tempers(self) -> np.ndarray:
        """Nine tempers that stand for the members': each persona's, a spread below, and above."""
        personas = [spec for spec in self.config["personas"].values() if spec["share"] > 0]
        share = np.array([spec["share"] for spec in personas])
        count = np.maximum(1, np.round(20 * share / share.sum()).astype(int))
        return np.concatenate(
            [
                spec["temper"] + 0.5 * np.array([-1.2, 0, 1.2])
                for spec, n in zip(personas, count, strict=True)
                for _ in range(n)
            ]
        )

    def typical(self, scene: Scene) -> tuple[np.ndarray, np.ndarray]:
        """Reference situations (n, features) and their shares (n,), over which base rates are averages."""
        return typical_situations(
            self.profile,
            tuple(feature.name for feature in scene.features),
            self.tempers,
            self.settings.heat_of_heated,
        )


def extended(config: Mapping[str, Any], settings: Settings) -> Mapping[str, Any]:
    """The yaml with the actions, features and rules of what is switched on besides; `ValueError` where it has none of it."""
    if not settings.extras:
        return config
    known = config.get("extras") or conf.content("community", "forum")["extras"]
    found = {name: known[name] for name in settings.extras if name in known}
    if lacking := sorted(set(settings.extras) - set(found)):
        raise ValueError(f"community.settings.{lacking[0]} is set, but community.extras has no {lacking[0]}")
    out = dict(config) | {"extras": found}
    out["actions"] = dict(config["actions"]) | _joined(found, "actions")
    out["features"] = dict(config["features"]) | _joined(found, "features")
    rules = {name: dict(row) for name, row in (config.get("rules") or {}).items()}
    for extra in found.values():
        for name, row in (extra.get("rules") or {}).items():
            if name in out["features"]:
                rules[name] = {
                    action: cell
                    for action, cell in (rules.get(name, {}) | row).items()
                    if action in out["actions"]
                }
    return out | {"rules": rules}


def _joined(extras: Mapping[str, Any], part: str) -> dict[str, Any]:
    return {name: one for extra in extras.values() for name, one in (extra.get(part) or {}).items()}


def _sentence(place: str, error: ValidationError) -> str:
    first = error.errors()[0]
    if place == "community" and first["loc"][0] in Settings.model_fields.keys() - {"size", "step_hours"}:
        place = "community.settings"
    where = ".".join(str(part) for part in (place, *first["loc"]))
    if first["type"] == "missing":
        return f"{where} is missing"
    return f"{where} is {first['input']!r}: {first['msg'].removeprefix('Value error, ')}"


def _feature(name: str, spec: Mapping[str, Any], raised: Sequence[str] | set[str]) -> Feature:
    if name not in known_features():
        raise ValueError(
            f"unknown feature {name!r} of the community: a forum measures {', '.join(known_features())}"
        )
    edges, words = tuple(spec["edges"]), tuple(spec["words"])
    if len(words) != len(edges) + 1:
        raise ValueError(
            f"feature {name!r} has {len(edges)} edges and {len(words)} sentences; it needs one sentence more than edges"
        )
    if name in NOTICES and name not in raised:
        edges, words = (), words[:1]
    return Feature(name, edges, words)
