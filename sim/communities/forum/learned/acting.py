"""What the choices of learned members come to: acts, of several worlds at once.

Each world's acts come out as they do alone: in an order that its own chance draws.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from windtunnel.sim import noise
from windtunnel.sim.communities.forum.acts import Acts
from windtunnel.sim.communities.forum.feed import NOTHING, View
from windtunnel.sim.communities.forum.learned.coming import keys_of
from windtunnel.sim.communities.forum.side_by_side import joined

_NONE = np.empty(0, np.int64)
NO_ACTS = Acts(
    _NONE,
    _NONE,
    _NONE.astype(str),
    _NONE.astype(np.int8),
    _NONE,
    _NONE.astype(np.int8),
    _NONE.astype(np.int16),
)


class Chosen(NamedTuple):
    """What members of one world chose (n,), under what they saw."""

    world: Any
    view: View
    choice: np.ndarray


def acts_of(table: Any, chosen: Sequence[Chosen]) -> list[Acts]:
    """The acts of each of these worlds, whose forums stand in `table`, of those who were here: a newcomer whom nothing draws in never was. What they saw is noted."""
    forums = [one.world.community for one in chosen]
    first = forums[0]
    rows, focus, choice, new, tones = (
        joined(parts)
        for parts in zip(
            *(
                (one.view.rows, one.view.focus, one.choice, *forum.last_shown)
                for one, forum in zip(chosen, forums, strict=True)
            ),
            strict=True,
        )
    )
    reads_on = first.reads_on[choice]
    came = ~(new & reads_on)
    of = np.repeat(np.arange(len(chosen)), [len(one.choice) for one in chosen])
    who, now = rows + table.starts(forums)[of, 1], chosen[0].world.now
    ids = table.members.id[who]
    _note(table.members, who[came], tones[came], now)

    doing = np.flatnonzero(~reads_on)
    if len(doing) > 1:
        keys = keys_of([one.world for one in chosen], of[doing])
        lot = noise.uniform(keys, "order", now, ids[doing])
        doing = doing[np.lexsort((lot, of[doing]))]
    choice = choice[doing]
    columns = (
        rows[doing],
        ids[doing],
        first.kinds[choice],
        first.tones[choice],
        np.where(first.aimless[choice], NOTHING, focus[doing]),
        np.zeros(len(doing), np.int8),
        np.full(len(doing), -1, np.int16),
    )
    ends = np.searchsorted(of[doing], np.arange(len(chosen) + 1)).tolist()
    return [
        Acts(*(column[low:high] for column in columns)) for low, high in zip(ends[:-1], ends[1:], strict=True)
    ]


def _note(members: Any, who: np.ndarray, tones: np.ndarray, now: int) -> None:
    """Note with these members, each there once, that they were active, and how many posts of each tone they saw."""
    members.active_steps[who] += 1
    members.last_active[who] = now
    members.first_active[who[members.first_active[who] < 0]] = now
    members.exposures[who] += tones
