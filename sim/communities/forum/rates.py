"""From a profile to how often each action is taken in an unremarkable hour."""

from collections.abc import Mapping

import numpy as np

from windtunnel.sim.communities.forum.posts import HOSTILE
from windtunnel.sim.communities.forum.profile import Profile

THREAD_CALM = 0.5
"""Opening posts are heated or hostile this much as often as replies are. Chosen."""

LEAVE = 0.002
"""Share of active steps in which a member decides to leave for good. Chosen: the profile's `leave_per_day` counts
people who drift away, which is drawn beforehand, the same in both arms."""

TYPICAL_HEAT = np.array([0.2, 0.7, 1.2])
"""Hot share of the thread in which a typical look falls on a civil, heated or hostile post, over that of all replies: less than
it, since a thread is taken to have some civil replies more. Tuned so that the hostile share comes out as the profile's.
"""


def base_rates(
    profile: Profile, actions: tuple[str, ...], extra: Mapping[str, float] | None = None
) -> np.ndarray:
    """log of each action's share of active steps, (actions,), in the order given; sums to one. `extra` are shares that no profile tells.

    `ValueError` for an action whose rate a profile does not tell.
    """
    writes = profile.active_post_share.value
    replies = writes * (1 - profile.new_thread_share.value)
    opens = writes * profile.new_thread_share.value
    heated, hostile = profile.heated_share.value, profile.hostile_share.value
    rates = {
        "upvote": profile.upvote_share.value,
        "downvote": profile.downvote_share.value,
        "report": profile.report_share.value,
        "reply_civil": replies * (1 - heated - hostile),
        "reply_heated": replies * heated,
        "reply_hostile": replies * hostile,
        "post_civil": opens * (1 - THREAD_CALM * (heated + hostile)),
        "post_heated": opens * THREAD_CALM * heated,
        "post_hostile": opens * THREAD_CALM * hostile,
        "leave": LEAVE,
        **(extra or {}),
    }
    rates["lurk"] = 1 - sum(rates.values())
    unknown = [name for name in actions if name not in rates]
    if unknown:
        raise ValueError(f"no base rate for {unknown}; a profile tells {sorted(rates)}")
    floor = 1e-6  # an action never seen is rare, not impossible
    shares = np.maximum([rates[name] for name in actions], floor)
    return np.log(shares / shares.sum())


def typical_situations(
    profile: Profile, features: tuple[str, ...], tempers: np.ndarray, heat_of_heated: float = 0.5
) -> tuple[np.ndarray, np.ndarray]:
    """Reference situations (n, features) and their shares (n,): posts of each tone met by members of each temper."""
    tone = np.array(
        [
            1 - profile.heated_share.value - profile.hostile_share.value,
            profile.heated_share.value,
            profile.hostile_share.value,
        ]
    )
    levels, temper = np.meshgrid(np.arange(HOSTILE + 1), tempers, indexing="ij")
    out = np.zeros((levels.size, len(features)))
    hot = heat_of_heated * profile.heated_share.value + profile.hostile_share.value
    columns = {"tone": levels, "temper": temper, "heat": hot * TYPICAL_HEAT[levels]}
    for name, values in columns.items():
        if name in features:
            out[:, features.index(name)] = values.ravel()
    return out, np.repeat(tone / len(tempers), len(tempers))
