"""A learned forum from its settings: the law, the phases of an hour, and the past that it begins with."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from windtunnel.agents.minds.learned import SAYS
from windtunnel.agents.situation import Feature, Scene
from windtunnel.sim import noise
from windtunnel.sim.communities.forum.learned.law import Law, drawn_law, law_of
from windtunnel.sim.communities.forum.posts import ORDINAL_OF_PHASE
from windtunnel.sim.communities.forum.profile import Profile
from windtunnel.sim.communities.forum.settings import Settings as ForumSettings
from windtunnel.sim.community import Builder
from windtunnel.sim.noise_key import NoiseKey

if TYPE_CHECKING:
    from windtunnel.sim.communities.forum.learned.forum import LearnedForum
    from windtunnel.sim.communities.forum.learned.past import Past


class Settings(BaseModel):
    """What `community.learned` of a plan holds: made from learned.yaml and conf/mind/learned.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    forward: dict[str, Any]
    descriptive: str = ""
    """How well the law's parts foretell the record; for reports alone."""
    steps_an_hour: Annotated[int, Field(ge=1, le=len(ORDINAL_OF_PHASE))]
    law: Literal["fitted", "drawn"] = "fitted"
    """`drawn`: each community draw has coefficients of its own, from their sampling law, so that intervals carry the fit."""
    start: Literal["cold", "warm"]
    weeks_before: Annotated[float, Field(ge=0, le=52)]
    """Of a cold start: weeks that the place lives before the first step."""
    provoking: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Share of threads that the provoking post's is hotter than, by the law's hotness."""
    core: bool = True
    """Whether a cold start begins with members as the record left them, or with nobody."""
    folder: str | None = None
    """Of a warm start: where the record is, and from which minute on the run goes its own way."""
    minute: int | None = None
    posts_sha256: str | None = None
    priors: dict[str, dict[str, list[Any]]] = {}
    """By notice what it does to participation: the feature of who is moved, to [log rate, its error, source]."""


def settings_of(content: Mapping[str, Any]) -> Settings:
    """`ValueError` says which setting is wrong."""
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(("mind", *map(str, first["loc"])))
        raise ValueError(f"{where} is {first['input']!r}: {first['msg']}") from None


class ForumBuilder(Builder, Protocol):
    """The builder of the forum whose members are learned."""

    config: Mapping[str, Any]
    profile: Profile
    settings: ForumSettings


class LearnedPart:
    """What a forum's builder has beside where its members are learned."""

    def __init__(self, builder: ForumBuilder, content: Mapping[str, Any]) -> None:
        self.builder, self.settings = builder, settings_of(content)
        self.law: Law = law_of(self.settings.forward)

    def law_of_draw(self, traits_key: int) -> Law:
        """The law of the community that `traits_key` draws."""
        law = self.law if self.settings.law == "fitted" else drawn_law(self.law, traits_key)
        return law.of_a_cold_place if self.settings.start == "cold" else law

    def scenes(self, scene: Scene) -> tuple[Scene, ...]:
        """The scene once for each phase, with what only learned members are told."""
        names = ("opens", "arrives", *(SAYS if self.law.tone is not None else ()))
        told = (*scene.features, *(Feature(name, (), ("",)) for name in names))
        count = self.settings.steps_an_hour
        minutes = [
            f"minute {60 * self.builder.settings.step_hours * phase / count:g}" for phase in range(count)
        ]
        return tuple(scene._replace(features=told, phase=minute) for minute in minutes)

    @property
    def draws(self) -> dict[str, float]:
        """By notice, how much it adds to the log rate at which newcomers come."""
        priors = self.settings.priors
        return {notice: float(rows["arrives"][0]) for notice, rows in priors.items() if "arrives" in rows}

    @property
    def more(self) -> float:
        """How many times as many newcomers are drawn as the record had: notices draw some in who stay away without."""
        return float(np.exp(max([0.0, *self.draws.values()])))

    def make(
        self, scenes: tuple[Scene, ...], *, traits_key: int, luck: NoiseKey, steps: int
    ) -> "LearnedForum":
        return self._forum(scenes, traits_key, luck, steps, self.past(traits_key))

    def past(self, traits_key: int) -> "Past | None":
        """The past of the community that `traits_key` draws; the same for all seeds and arms."""
        from windtunnel.sim.communities.forum.learned.past import read_past

        found, hours, law = self.settings, self.builder.settings.step_hours, self.law_of_draw(traits_key)
        if found.start == "warm":
            assert found.folder is not None and found.minute is not None
            key: Any = ("warm", found.folder, found.minute, found.posts_sha256, repr(law), hours)
            folder, minute = found.folder, found.minute
            read = _PASTS.get(key) or _kept(key, read_past(law, folder, minute, hours))
            return read.leaving(law, traits_key)
        if not self._steps_before:
            return self._core(traits_key)
        key = self._lived_as(traits_key)
        return _PASTS.get(key) or _kept(key, self._lived([traits_key])[0])

    @property
    def _steps_before(self) -> int:
        """Steps that the place lives before the first one."""
        if self.settings.start == "warm":
            return 0
        return round(self.settings.weeks_before * 168 / self.builder.settings.step_hours)

    def _lived_as(self, traits_key: int) -> Any:
        return "cold", repr(self.builder.config), traits_key

    def expect(self, traits_keys: Sequence[int]) -> None:
        """Let the communities of these keys live the time before their first step together, which costs less than one after the other."""
        new = [key for key in traits_keys if self._lived_as(key) not in _PASTS][:MOST_PASTS]
        if self._steps_before and new:
            for key, past in zip(new, self._lived(new), strict=True):
                _kept(self._lived_as(key), past)

    def _core(self, traits_key: int) -> "Past | None":
        """The members that the place begins with, in number by its size."""
        from windtunnel.sim.communities.forum.learned.members import recorded_size
        from windtunnel.sim.communities.forum.learned.past import core_of

        if not self.settings.core:
            return None
        law = self.law_of_draw(traits_key)
        core = core_of(law, traits_key, self.builder.settings.size / recorded_size(law, self.builder.profile))
        return None if core is None else core.leaving(law, traits_key)

    def _lived(self, traits_keys: Sequence[int]) -> "list[Past]":
        from windtunnel.sim.communities.forum.learned.past import lived_before
        from windtunnel.sim.lock_step import lock_step
        from windtunnel.sim.minds import learned_minds, phased
        from windtunnel.sim.world import World

        scenes, steps, forums, worlds = self.builder.scenes(), self._steps_before, [], []
        for key in traits_keys:
            luck = NoiseKey(noise.key("before", key))
            forum = self._forum(scenes, key, luck, steps, self._core(key), spark=False)
            forums.append(forum)
            worlds.append(World(forum, luck=luck, step_hours=self.builder.settings.step_hours))
        failed = lock_step(worlds, phased(scenes, learned_minds(self.builder, scenes, {})), steps)
        for reason in failed.values():
            raise ValueError(f"the weeks before the first step failed: {' '.join(reason)}")
        return [lived_before(forum, steps) for forum in forums]

    def _forum(
        self,
        scenes: tuple[Scene, ...],
        traits_key: int,
        luck: NoiseKey,
        steps: int,
        past: "Past | None",
        *,
        spark: bool = True,
    ) -> "LearnedForum":
        from windtunnel.sim.communities.forum.learned.forum import LearnedForum
        from windtunnel.sim.communities.forum.learned.members import learned_members

        builder, law = self.builder, self.law_of_draw(traits_key)
        settings = builder.settings if spark else builder.settings.model_copy(update={"spark_step": None})
        members = learned_members(
            builder.profile,
            scenes[0].personas,
            law,
            traits_key=traits_key,
            luck=luck,
            size=settings.size,
            before=1 if past is None else past.members,
            steps=steps,
            step_hours=settings.step_hours,
            phases=len(scenes),
            more=self.more,
        )
        return LearnedForum(
            scenes,
            builder.profile,
            settings,
            members,
            law,
            luck=luck,
            step_hours=settings.step_hours,
            past=past,
            provoking=self.settings.provoking,
        )


_PASTS: "dict[Any, Past]" = {}
MOST_PASTS = 64


def _kept(key: Any, past: "Past") -> "Past":
    """The past, kept under this key; the oldest goes where there are many."""
    while len(_PASTS) >= MOST_PASTS:
        _PASTS.pop(next(iter(_PASTS)))
    _PASTS[key] = past
    return past
