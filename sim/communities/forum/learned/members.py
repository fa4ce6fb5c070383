"""The members of a learned forum: those who were there before, and newcomers, whose coming is drawn beforehand."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from windtunnel.agents.situation import Persona
from windtunnel.sim import noise
from windtunnel.sim.communities.forum.learned.law import Law
from windtunnel.sim.communities.forum.profile import Profile
from windtunnel.sim.communities.forum.side_by_side import SideBySide
from windtunnel.sim.communities.forum.traits import ARRIVAL, ForumMembers
from windtunnel.sim.noise_key import NoiseKey

TOGETHER = (
    *("id", "joined", "persona", "newcomer_until", "exposures"),
    *("active_steps", "first_active", "last_active"),
)
"""Columns that are read and written for members of several worlds at once."""


@dataclass(kw_only=True)
class LearnedMembers(ForumMembers):
    """`phase`: in which phase of its first step a newcomer comes; `opener`: whether to open a thread. Rows by `joined`.

    `rate` is 0: how often a member comes follows from what has happened. The summary `unnamed` marks those whose name a record
    would lack.
    """

    phase: np.ndarray
    opener: np.ndarray
    before: int
    """How many were there before the first step."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.summaries["unnamed"] = np.zeros(len(self.id), np.int8)
        self._step, self._arriving = -1, dict[int, list[tuple[int, bool]]]()
        self.beside: SideBySide | None = None

    def store(self) -> dict[str, np.ndarray]:
        """The columns `TOGETHER` and the temper; see `side_by_side.Table`."""
        return {name: getattr(self, name) for name in TOGETHER} | {"temper": self.traits["temper"]}

    def stand(self, store: dict[str, np.ndarray]) -> None:
        for name in TOGETHER:
            setattr(self, name, store[name][: len(self)])
        self.traits["temper"] = store["temper"][: len(self)]
        self.show_exposures()

    def empty(self, name: str) -> Any:
        return 0

    def arriving(self, step: int, phase: int) -> list[tuple[int, bool]]:
        """Rows of the newcomers of a phase, and whether each comes to open a thread."""
        if step != self._step:
            since = self.joined[self.before :]
            low, high = (np.searchsorted(since, [step, step + 1]) + self.before).tolist()
            self._step, self._arriving = step, {}
            told = zip(self.phase[low:high].tolist(), self.opener[low:high].tolist(), strict=True)
            for row, (when, opens) in enumerate(told, low):
                self._arriving.setdefault(when, []).append((row, opens))
        return self._arriving.get(phase, [])


def learned_members(
    profile: Profile,
    personas: tuple[Persona, ...],
    law: Law,
    *,
    traits_key: int,
    luck: NoiseKey,
    size: int,
    before: int,
    steps: int,
    step_hours: float,
    phases: int,
    more: float = 1.0,
) -> LearnedMembers:
    """`before` members with a past, one of whom sets the scene, and newcomers for so many steps.

    Each of `size` places brings a newcomer at the record's pace a member, times `more` for those who come only where something
    draws them; a place more moves nobody else's arrival.
    """
    ids, joined, lots = _arrivals(law, profile, luck, size, steps, step_hours, more)
    opens = law.newcomers.opens / max(law.newcomers.opens + law.newcomers.replies, 1e-12)
    opener = lots < opens
    within = np.where(opener, lots / max(opens, 1e-12), (lots - opens) / max(1 - opens, 1e-12))
    ids = np.concatenate([np.arange(before), ids])
    joined = np.concatenate([np.zeros(before, np.int32), joined])
    lot = noise.uniform(traits_key, "persona", 0, ids)
    cuts = np.cumsum([persona.share for persona in personas[1:]])
    persona = 1 + np.searchsorted(cuts / cuts[-1], lot).astype(np.int16)
    base = np.array([p.traits.get("temper", 0.0) for p in personas])[persona]
    settle = round(profile.window_hours / step_hours)
    new = np.arange(len(ids)) >= before
    return LearnedMembers(
        id=ids,
        joined=joined,
        rate=np.zeros(len(ids)),
        persona=persona,
        newcomer_until=np.where(new, joined + settle, 0).astype(np.int32),
        traits={"temper": base + 0.5 * ndtri(noise.uniform(traits_key, "temper", 0, ids))},
        phase=np.concatenate(
            [np.zeros(before, np.int8), np.minimum(within * phases, phases - 1).astype(np.int8)]
        ),
        opener=np.concatenate([np.zeros(before, bool), opener]),
        before=before,
    )


def recorded_size(law: Law, profile: Profile) -> float:
    """Members present in the recorded place, as `community.size` counts them."""
    return law.posts_per_day / max(profile.posts_per_member_day.value, 1e-9)


def _arrivals(
    law: Law, profile: Profile, luck: NoiseKey, size: int, steps: int, hours: float, more: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ids, first steps and a lot in (0, 1) of each newcomer, in order of steps."""
    rate = more * (law.newcomers.opens + law.newcomers.replies) / recorded_size(law, profile) * hours
    places = np.arange(size)
    found, joined, lots = [np.empty(0, np.int64)], [np.empty(0, np.int32)], [np.empty(0)]
    for step in range(steps):
        chance = min(rate * law.rhythm[int(step * hours) % 24], 1.0)
        lot = noise.uniform(luck.at(step), "arrive", step, places)
        came = np.flatnonzero(lot < chance)
        found.append((step + 1) * ARRIVAL + came)
        joined.append(np.full(len(came), step, np.int32))
        lots.append(lot[came] / chance)
    return np.concatenate(found), np.concatenate(joined), np.concatenate(lots)
