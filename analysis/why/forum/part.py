"""Which part of a long thread is lived again: the posts around the moment that is asked about; what came before it is the past."""

from typing import NamedTuple

import numpy as np
import polars as pl

from windtunnel.analysis.incidents.base import Incident
from windtunnel.analysis.incidents.forum import in_time
from windtunnel.analysis.incidents.moments import moment_words

AFTER_PEAK = 24 * 60
"""Minutes after the incident's peak, or the moment asked about, up to which a thread is lived again."""
RUN_UP = 100
"""Posts before the moment asked about that are lived again with it, where a thread is too long to be lived again from its first."""
TOLD = 4000
"""Posts before the part that its world knows of: the opening post and the newest others."""


class Part(NamedTuple):
    """Posts of a thread in their order: the first `past` come before what is lived again; `whole` is how many the thread has."""

    posts: pl.DataFrame
    past: int
    whole: int
    cut: bool
    """Does the thread go on after the part?"""

    @property
    def lived(self) -> pl.DataFrame:
        return self.posts[self.past :]


def part_of(
    whole: pl.DataFrame, incident: Incident, moment: int | None = None, needed: int | None = None
) -> Part:
    """The part of a thread (`posts`, sorted) that a question needs: from before the minute `moment`, else the onset, to the post
    with which the threshold is reached, and to the post `needed`.

    A short thread is lived again whole; of a long one `MOST_REPLAYED` posts are, of which `RUN_UP` come before the moment, or as many
    as reach to those two posts. `ValueError` where that would be more than `LONGEST`.
    """
    at = incident.onset if moment is None else moment
    minutes = whole["minute"].to_numpy()
    end = int(np.searchsorted(minutes, max(incident.peak, at) + AFTER_PEAK, "right"))
    begin = min(int(np.searchsorted(minutes, at)), len(minutes) - 1)
    rows = {post: row for row, post in enumerate(whole["post"].to_list())}
    last = max(rows.get(post, 0) for post in (incident.crossing, needed))  # type: ignore[call-overload]
    start = max(min(begin - RUN_UP, end - in_time.MOST_REPLAYED), 0)
    start = int(np.searchsorted(minutes, minutes[start]))  # a minute is lived again whole
    end = max(min(end, start + in_time.MOST_REPLAYED), last + 1)
    if end - start > in_time.LONGEST:
        later = whole["post"][min(last + 1 - in_time.LONGEST + RUN_UP, last)]
        raise ValueError(
            f"{incident.id} rests on post {whole['post'][last]}, {last - begin} posts after {moment_words(at, 1 / 60)}, and no more than "
            f"{in_time.LONGEST} posts are lived again: ask about a later moment, as --at {later}"
        )
    return _made(whole, start, end)


def _made(whole: pl.DataFrame, start: int, end: int) -> Part:
    earlier = whole[:start]
    told = earlier if start <= TOLD else pl.concat([earlier.head(1), earlier.tail(TOLD - 1)])
    return Part(pl.concat([told, whole[start:end]]), told.height, whole.height, end < whole.height)


def said(part: Part) -> str:
    """What of the thread is lived again, in a sentence; empty where it is lived again from its first post."""
    if not part.past:
        return ""
    lived = part.lived
    first, last = lived["post"][0], lived["post"][-1]
    return (
        f"Of the thread's {part.whole} posts {lived.height} are lived again, from post {first} to post {last}; what was written before them stands "
        "as it is in the record."
    )
