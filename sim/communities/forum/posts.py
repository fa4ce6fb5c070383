"""The forum's posts as columns that grow: opening posts and replies alike, one row each."""

from typing import Any

import numpy as np

from windtunnel.sim.communities.forum.side_by_side import SideBySide, Views

VISIBLE, REMOVED, HELD = 0, 1, 2  # HELD is also what a review says of an act
CIVIL, HEATED, HOSTILE = 0, 1, 2
TONES = ("civil", "heated", "hostile")
"""Names of these three: the levels of a forum's events."""
SET_UP = 9
"""Ordinal in the ids of posts that set the scene: the opening threads and the spark."""
MOST_STEPS = 10_000
"""Four digits of a post's id hold its step."""

_COLUMNS: dict[str, Any] = {
    "id": np.int64,  # built from author, step and ordinal: the same post has the same id in both twins
    "author": np.int32,  # row in Members
    "thread": np.int32,  # row of the opening post; an opening post's own row
    "parent": np.int32,  # row answered, -1 for an opening post
    "answered": np.int32,  # row in Members of whom it answers, -1 for an opening post and where nobody knows
    "depth": np.int16,
    "step": np.int32,
    "tone": np.int8,
    "state": np.int8,
    "score": np.int32,
    "replies": np.int32,  # visible direct replies
    "size": np.int32,  # of a thread, on its opening post: visible replies at any depth
    "reports": np.int32,
    "last": np.int32,  # of a thread, on its opening post: step of the last visible reply, 0 before there is one
    "heat": np.float64,  # of a thread, on its opening post: recent hot replies
    "recent": np.float64,  # of a thread, on its opening post: recent replies of any tone
    "locked_until": np.int32,  # of a thread, on its opening post
    "calmed_until": np.int32,  # of a thread, on its opening post: counterspeech stands there
    "ups": np.dtype((np.int32, 2)),  # up-votes by the voter's camp, all in the first where there are none
    "downs": np.dtype((np.int32, 2)),
    "false": np.bool_,  # says something that is not so
    "noted": np.bool_,  # a correction stands under it
    "promoted": np.float64,  # what it is worth to an advocate, in (0, 1)
    "appeal": np.float64,  # a post's own pull on attention, drawn once
}


class Posts(Views):
    """Columns of equal length `len(posts)`; each is read as an attribute, a view of the filled part."""

    beside: SideBySide | None = None
    """Where the columns stand beside those of other worlds."""

    def __init__(self, capacity: int = 256) -> None:
        self._count = 0
        self._lay({name: np.zeros(capacity, dtype) for name, dtype in _COLUMNS.items()})

    def __len__(self) -> int:
        return self._count

    def add(self, **columns: np.ndarray) -> np.ndarray:
        """Append posts and give their rows; columns not named start at zero."""
        first = self.more(len(columns["id"]))
        new = slice(first, self._count)
        for name, values in columns.items():
            self._store[name][new] = values
        return np.arange(first, self._count)

    def more(self, count: int) -> int:
        """Have so many rows more, all zero; gives the first of them."""
        first = self._count
        if self.beside is not None and self._count + count > self.beside.room:
            self.beside.make_room(self._count + count)
        while self._count + count > len(self._store["id"]):
            more = {
                name: np.concatenate([values, np.zeros_like(values)]) for name, values in self._store.items()
            }
            self._lay(more)
        self._count += count
        self._look_anew()
        return first

    def roots(self) -> np.ndarray:
        """Rows of opening posts."""
        return np.flatnonzero(self.parent < 0)

    def __getstate__(self) -> dict[str, np.ndarray]:
        return {name: values[: self._count] for name, values in self._store.items()}

    def __setstate__(self, state: dict[str, np.ndarray]) -> None:
        self._count, room = len(state["id"]), np.zeros
        more = max(self._count // 4, 256)
        self._lay(
            {
                name: np.concatenate([values, room((more, *values.shape[1:]), values.dtype)])
                for name, values in state.items()
            }
        )

    def store(self) -> dict[str, np.ndarray]:
        return self._store

    def stand(self, store: dict[str, np.ndarray]) -> None:
        self._lay(store)

    def empty(self, name: str) -> Any:
        return 0

    # Declared for readers and type checkers; see `Views`.
    id: np.ndarray
    author: np.ndarray
    thread: np.ndarray
    parent: np.ndarray
    answered: np.ndarray
    depth: np.ndarray
    step: np.ndarray
    tone: np.ndarray
    state: np.ndarray
    score: np.ndarray
    replies: np.ndarray
    size: np.ndarray
    reports: np.ndarray
    last: np.ndarray
    heat: np.ndarray
    recent: np.ndarray
    locked_until: np.ndarray
    calmed_until: np.ndarray
    ups: np.ndarray
    downs: np.ndarray
    false: np.ndarray
    noted: np.ndarray
    promoted: np.ndarray
    appeal: np.ndarray


def post_id(member: np.ndarray, step: int | np.ndarray, ordinal: int | np.ndarray = 0) -> np.ndarray:
    """Member id, then five digits: four of the step, one of the ordinal within the member's step."""
    return np.asarray(member, np.int64) * 100_000 + step * 10 + ordinal


def step_of_post(ids: np.ndarray) -> np.ndarray:
    """The step in which each post was written, as its id has it."""
    return np.abs(np.asarray(ids, np.int64)) // 10 % MOST_STEPS


ORDINAL_OF_PHASE = np.array([0, 2, 3, 4, 5, 6, 7, 8])
"""Ordinal in the ids of what members write in each phase of a step, where a step has several."""


def minutes_into_step(ids: np.ndarray, step_hours: float, phases: int) -> np.ndarray:
    """Minutes from the beginning of its step to the phase in which each post was written; 0 where a step has one."""
    phase = phase_of_post(ids)
    return phase * (60.0 * step_hours / phases) if phases > 1 else np.zeros(len(phase))


def phase_of_post(ids: np.ndarray) -> np.ndarray:
    """The phase of its step in which each post was written, as its id has it; 0 where a step has one."""
    ordinal = np.abs(np.asarray(ids, np.int64)) % 10
    return np.where(np.isin(ordinal, ORDINAL_OF_PHASE[1:]), ordinal - 1, 0)
