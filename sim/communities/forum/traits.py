"""A community draw: the founders and newcomers of one forum, drawn from its profile."""

from dataclasses import dataclass, field

import numpy as np
from scipy.special import gammaincinv, ndtri

from windtunnel.agents.situation import Persona
from windtunnel.sim import noise
from windtunnel.sim.communities.forum.posts import TONES
from windtunnel.sim.communities.forum.profile import Profile
from windtunnel.sim.communities.forum.waking import unprompted
from windtunnel.sim.members import NEVER, Members
from windtunnel.sim.noise_key import NoiseKey

NEWCOMER_PERSONA = 0
"""Row of the persona that a newcomer reads as; it becomes the member's own once the newcomer has settled."""


ARRIVAL = 10**9
"""The newcomer whom founder i's place brings at step t has the id (t + 1) * ARRIVAL + i, in every arm."""
NEW, OLD = "newcomer", "regular"


@dataclass(kw_only=True)
class ForumMembers(Members):
    """Members of a forum: until when each counts as a newcomer (a step), and how many posts of each tone it was shown.

    `exposures` is (n, tones); the summaries `saw_TONE` are its columns.
    """

    newcomer_until: np.ndarray
    exposures: np.ndarray = field(init=False)
    began_new: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.exposures = np.zeros((len(self.id), len(TONES)), np.int32)
        self.began_new = self.newcomer_until > self.joined
        self.groups["group"] = np.where(self.began_new, NEW, OLD)
        self.show_exposures()

    def show_exposures(self) -> None:
        """Have the columns of `exposures` among the summaries."""
        self.summaries |= {f"saw_{tone}": self.exposures[:, level] for level, tone in enumerate(TONES)}


def draw_members(
    profile: Profile,
    personas: tuple[Persona, ...],
    *,
    traits_key: int,
    luck: NoiseKey,
    size: int,
    steps: int,
    step_hours: float,
) -> ForumMembers:
    """Members of a draw: rates from the profile's gamma law, a persona, a temper; arrivals by seed.

    Who a member is comes from `traits_key` and the member's own id; when somebody arrives and when they
    drift away come from `luck`. Both are the same in all arms. Departures have no memory, so those that a
    fork finds still to come are drawn again from there.
    """
    new_ids, joined = arrivals(luck, size, profile.arrivals_per_member_day.value / 24 * step_hours, steps)
    ids = np.concatenate([np.arange(size), new_ids])
    joined = np.concatenate([np.zeros(size, np.int32), joined])
    new = noise.uniform(traits_key, "newcomer", 0, ids) < profile.newcomer_share.value
    new |= joined > 0
    stays = noise.uniform(traits_key, "stays", 0, ids) < profile.newcomer_return.value
    passing, lasting = departures(profile)
    hazard = np.where(new & ~stays, passing, lasting) / 24 * step_hours
    departs = _departs(luck.past, ids, joined, hazard)
    if luck.fork is not None:
        later = np.maximum(joined, luck.fork)
        departs = np.where(departs > luck.fork, _departs(luck.future, ids, later, hazard), departs)
    settle = round(profile.window_hours / step_hours)
    lot = noise.uniform(traits_key, "persona", 0, ids)
    cuts = np.cumsum([persona.share for persona in personas[1:]])
    persona = 1 + np.searchsorted(cuts / cuts[-1], lot).astype(np.int16)
    base = np.array([p.traits.get("temper", 0.0) for p in personas])[persona]
    spread = ndtri(noise.uniform(traits_key, "temper", 0, ids))
    return ForumMembers(
        id=ids,
        joined=joined,
        rate=activity(profile, noise.uniform(traits_key, "rate", 0, ids)),
        persona=persona,
        newcomer_until=np.where(new, joined + _still_new(traits_key, ids, joined, settle), 0).astype(
            np.int32
        ),
        departs=departs,
        traits={"temper": base + 0.5 * spread},
    )


def _still_new(key: int, ids: np.ndarray, joined: np.ndarray, settle: int) -> np.ndarray:
    """Steps (n,) for which each newcomer stays one: `settle` after arriving, a part of that for who is there at the start."""
    left = np.ceil(settle * noise.uniform(key, "settles", 0, ids))
    return np.where(joined > 0, settle, left)


def arrivals(luck: NoiseKey, size: int, chance_per_step: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Ids and first steps of everyone who joins in steps 1 … steps-1, the same in both arms.

    Each founder's place brings somebody with `chance_per_step`, so a larger community gets more arrivals
    and one founder more changes nobody else's.
    """
    founders = np.arange(size)
    ids, joined = [np.empty(0, np.int64)], [np.empty(0, np.int32)]
    if chance_per_step > 0:
        for step in range(1, steps):
            places = founders[noise.uniform(luck.at(step), "arrive", step, founders) < chance_per_step]
            ids.append((step + 1) * ARRIVAL + places)
            joined.append(np.full(len(places), step, np.int32))
    return np.concatenate(ids), np.concatenate(joined)


def _departs(key: int, ids: np.ndarray, since: np.ndarray, hazard: np.ndarray) -> np.ndarray:
    """First step without each member, who is present at step `since` and drifts away at `hazard` a step."""
    stays = np.log(1 / noise.uniform(key, "drift", 0, ids)) / hazard
    return since + np.minimum(np.ceil(stays), NEVER // 2).astype(np.int32)


def activity(profile: Profile, lot: np.ndarray) -> np.ndarray:
    """Active steps an hour that nobody's answer calls for, of members with these lots: a gamma law around `usual_rate`."""
    shape = profile.rate_shape.value
    return gammaincinv(shape, lot) * usual_rate(profile) / shape


def usual_rate(profile: Profile) -> float:
    """Their mean: the profile's posts and replies of that kind, over the share of active steps that make one."""
    return profile.posts_per_member_day.value * unprompted(profile) / 24 / profile.active_post_share.value


def departures(profile: Profile) -> tuple[float, float]:
    """Rates a day at which those who only pass by and those who stay drift away, each at least one in 200 days.

    Of the newcomers `newcomer_return` stay and drift away as regulars do, and the others are gone after a window of the
    profile on average, so that there are always as many newcomers; regulars make up the rest of `leave_per_day`, so that as many
    go as come to stay and a place keeps its size and its mixture for weeks.
    """
    share, back = profile.newcomer_share.value, profile.newcomer_return.value
    passing = 24 / profile.window_hours
    regulars = (profile.leave_per_day.value - share * passing * (1 - back)) / max(1 - share, 1e-9)
    return max(passing, 0.005), max(regulars, 0.005)
