"""Who writes the next reply of a thread: the people of the thread, those who wrote last anywhere, or somebody else."""

import numpy as np

from windtunnel.analysis.learned.delays import delay_names
from windtunnel.analysis.learned.features import OWN_PLACE, Features, hour_of_day, put_own_place
from windtunnel.analysis.learned.record import CommunityRecord
from windtunnel.analysis.learned.walk import Walk

LATEST = 120
"""Authors offered because they wrote last anywhere."""
IN_THREAD = 60
"""Authors of the thread offered, those who wrote last in it."""

NAMES = (
    "else",
    "else_size",
    "else_thread_age",
    "else_since_last",
    "else_unsigned_share",
    "else_of_late",
    "posts",
    *delay_names("since_act"),
    "posts_6h",
    "posts_1d",
    "posts_30d",
    "once",
    "received_6h",
    "owed_anywhere",
    "hour",
    *OWN_PLACE,
    "opened_thread",
    "wrote_last",
    "answered_by_last",
    "met_last",
    "met_last_back",
    "met_opener",
)
SHARE = ("else", "posts")
"""Features of the first baseline, activity share: a fitted power of how much each wrote, somebody else a constant."""
RECENCY = ("else", "posts", "since_act_10min", "hour")
"""Features of the second baseline: how much each wrote, how lately, at what hour of the day."""
OF_LATE = 200
"""Acts over which the share of somebody else is averaged."""


class SomebodyElse:
    """How often, of late, the writer was nobody who could be offered."""

    def __init__(self) -> None:
        self.share = 0.5

    def saw(self, other: bool) -> None:
        self.share += (other - self.share) / OF_LATE

    @property
    def odds(self) -> float:
        return float(np.log((self.share + 0.01) / (1.01 - self.share)))


def acts(record: CommunityRecord) -> np.ndarray:
    """Rows of the acts that this part is about: replies by authors that are known."""
    return np.flatnonzero(~record.opens & record.known)


def options(walk: Walk, row: int, other: SomebodyElse) -> tuple[np.ndarray, int]:
    """Features of the options of the writer of `row` (n, features), the last being somebody else, and which one it was."""
    record = walk.record
    minute, thread, rows = (
        int(record.minute[row]),
        int(record.thread[row]),
        walk.rows[int(record.thread[row])],
    )
    here = np.array(walk.in_thread[thread], np.int64)
    if len(here) > IN_THREAD:
        here = here[np.argpartition(-walk.p_last[here], IN_THREAD)[:IN_THREAD]]
    inside = walk.p_author[here]
    latest = walk.last_authors(LATEST)
    who = np.concatenate([inside, latest[~np.isin(latest, inside)]])
    n, k = len(who), slice(0, len(inside))
    told, people = Features(NAMES, n + 1), slice(0, n)
    _put_somebody_else(told, walk, minute, thread, other, n)
    told.put("posts", np.log(walk.posts[who]), people)
    told.put_delay("since_act", minute - walk.last[who], people)
    for name, column in (
        ("posts_6h", walk.six),
        ("posts_1d", walk.day),
        ("posts_30d", walk.month),
        ("received_6h", walk.received),
        ("owed_anywhere", walk.owed),
    ):
        told.put(name, np.log1p(column[who]), people)
    told.put("once", walk.posts[who] == 1, people)
    told.put("hour", hour_of_day(walk, who, int(record.hour[row])), people)
    put_own_place(told, walk, here, minute, k)
    opener, writer, to = walk.writer(rows[0]), walk.writer(rows[-1]), walk.answered(rows[-1])
    told.put("opened_thread", inside == opener if opener >= 0 else 0, k)
    told.put("wrote_last", who == writer if writer >= 0 else 0, people)
    by_last = (who == to) if 0 <= to != writer else np.zeros(n, bool)
    told.put("answered_by_last", by_last, people)
    back, met = walk.answers_between(writer, who)
    told.put("met_last", np.log1p(back), people)
    told.put("met_last_back", np.log1p(met), people)
    told.put("met_opener", np.log1p(walk.answers_between(opener, who)[0]), people)
    found = np.flatnonzero(who == record.author[row])
    taken = int(found[0]) if len(found) else n
    other.saw(taken == n)
    return told.x, taken


def _put_somebody_else(
    told: Features, walk: Walk, minute: int, thread: int, other: SomebodyElse, at: int
) -> None:
    record, rows = walk.record, walk.rows[thread]
    told.put("else", 1, at)
    told.put("else_size", np.log(len(rows)), at)
    told.put("else_thread_age", np.log1p((minute - record.minute[rows[0]]) / 60), at)
    told.put("else_since_last", np.log1p((minute - record.minute[rows[-1]]) / 60), at)
    told.put("else_unsigned_share", walk.unsigned[thread] / len(rows), at)
    told.put("else_of_late", other.odds, at)
