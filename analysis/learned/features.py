"""Features of the options of one choice, filled in by name, and those that two parts share."""

from typing import Any

import numpy as np

from windtunnel.analysis.learned.delays import WORDS, delay_names, delays
from windtunnel.analysis.learned.walk import NEVER, Walk


class Features:
    """A table of options and named features (n, features), zero where nothing is said."""

    def __init__(self, names: tuple[str, ...], n: int) -> None:
        self.x = np.zeros((n, len(names)), np.float32)
        self._column = _columns(names)

    def put(self, name: str, values: Any, rows: slice | np.ndarray | int = slice(None)) -> None:
        """Set one feature of the options `rows`."""
        self.x[rows, self._column[name]] = values

    def put_delay(self, name: str, minutes: np.ndarray, rows: slice | np.ndarray = slice(None)) -> None:
        """Set the three logarithms of a delay, see `delays`."""
        column = self._column[f"{name}_{WORDS[0]}"]
        self.x[rows, column : column + len(WORDS)] = delays(minutes)


_KNOWN: dict[tuple[str, ...], dict[str, int]] = {}


def _columns(names: tuple[str, ...]) -> dict[str, int]:
    if names not in _KNOWN:
        _KNOWN[names] = {name: place for place, name in enumerate(names)}
    return _KNOWN[names]


OWN_PLACE = (
    "took_part",
    "posts_here",
    *delay_names("since_here"),
    "others_since",
    "owes",
    *delay_names("owes_age"),
    "received_here",
)
"""What an author has done in a thread: posts there, time since the last, posts of others since, whether an answer is owed and for how long."""


def put_own_place(
    into: Features, walk: Walk, places: np.ndarray, minute: int, rows: slice | np.ndarray
) -> None:
    """Fill `OWN_PLACE` of the options `rows` from the places of an author in a thread (places,)."""
    into.put("took_part", 1, rows)
    into.put("posts_here", np.log1p(walk.p_posts[places]), rows)
    into.put_delay("since_here", minute - walk.p_last[places], rows)
    into.put("others_since", np.log1p(walk.size[walk.p_thread[places]] - walk.p_size[places]), rows)
    into.put("received_here", np.log1p(walk.p_received[places]), rows)
    owed = walk.p_owed[places]
    owes = owed != NEVER
    into.put("owes", owes, rows)
    age = np.where(owes, minute - owed, 0)
    into.put_delay("owes_age", age, rows)


def hour_of_day(walk: Walk, who: np.ndarray, hour: int) -> np.ndarray:
    """Log of how much likelier each author is to write at this hour, and those beside it, than authors are; shrunk by ten posts."""
    around = [(hour - 1) % 24, hour, (hour + 1) % 24]
    common = (walk.hours[around].sum() + 3) / (walk.total + 24)
    own = walk.by_hour[who[:, None], around].sum(axis=1)
    return np.asarray(np.log((own + 10 * common) / (walk.posts[who] + 10) / common))
