"""In which thread a reply is written: those written in last, or an older one."""

import numpy as np

from windtunnel.analysis.learned.delays import delay_names
from windtunnel.analysis.learned.features import OWN_PLACE, Features, put_own_place
from windtunnel.analysis.learned.record import CommunityRecord
from windtunnel.analysis.learned.walk import Walk

LATEST = 150
"""Threads offered because they were written in last."""

OF_THREAD = (
    "older",
    "older_of_late",
    "size",
    "age",
    *delay_names("since_last"),
    "rank",
    "posts_1h",
    "posts_6h",
    "unanswered",
    "unanswered_age",
    "people",
)
OF_ACTOR = (
    *OWN_PLACE,
    "opened",
    "wrote_last",
    "met_opener",
    "met_opener_back",
    "met_last",
    "met_last_back",
)
NAMES = (*OF_THREAD, *OF_ACTOR)
PRODUCT_FORM = ("older", "size", "age")
"""The form that the rules have: powers of (1 + replies) and of (1 + age in hours)."""
OF_LATE = 200


class Older:
    """How often, of late, an older thread was chosen than could be offered."""

    def __init__(self) -> None:
        self.share = 0.05

    def saw(self, older: bool) -> None:
        self.share += (older - self.share) / OF_LATE


def acts(record: CommunityRecord) -> np.ndarray:
    """Rows of the acts that this part is about: replies; where the record names authors, by those that are known."""
    return np.flatnonzero(~record.opens & (record.known | ("author" in record.lacks)))


def options(walk: Walk, row: int, older: Older) -> tuple[np.ndarray, int]:
    """Features of the options of the reply `row` (n, features), the last being an older thread, and which one it was."""
    record = walk.record
    minute, author = int(record.minute[row]), walk.writer(row)
    threads = walk.last_threads(LATEST)
    n = len(threads)
    told, those = Features(NAMES, n + 1), slice(0, n)
    told.put("older", 1, n)
    told.put("older_of_late", np.log((older.share + 0.01) / (1.01 - older.share)), n)
    size = walk.size[threads]
    age = minute - record.minute[record.root[threads]]
    told.put("size", np.log(size), those)
    told.put("age", np.log1p(age / 60), those)
    told.put_delay("since_last", minute - walk.t_last[threads], those)
    told.put("rank", np.log1p(np.arange(n)), those)
    told.put("posts_1h", np.log1p(walk.t_hour[threads]), those)
    told.put("posts_6h", np.log1p(walk.t_six[threads]), those)
    told.put("unanswered", size == 1, those)
    told.put("unanswered_age", (size == 1) * np.log1p(age / 60), those)
    told.put("people", np.log1p(walk.people[threads]), those)
    if author >= 0:
        _put_actor(told, walk, author, threads, minute)
    found = np.flatnonzero(threads == record.thread[row])
    taken = int(found[0]) if len(found) else n
    older.saw(taken == n)
    return told.x, taken


def _put_actor(told: Features, walk: Walk, author: int, threads: np.ndarray, minute: int) -> None:
    record, n = walk.record, len(threads)
    openers = walk.writers(record.root[threads])
    lasts = walk.writers(walk.t_row[threads])
    told.put("opened", openers == author, slice(0, n))
    told.put("wrote_last", lasts == author, slice(0, n))
    for name, others in (("opener", openers), ("last", lasts)):
        got, gave = walk.answers_between(author, others)
        told.put(f"met_{name}", np.log1p(gave), slice(0, n))
        told.put(f"met_{name}_back", np.log1p(got), slice(0, n))
    places = np.array(walk.of_author[author], np.int64)
    if len(places):
        order = np.argsort(threads)
        at = np.clip(np.searchsorted(threads[order], walk.p_thread[places]), 0, n - 1)
        there = threads[order[at]] == walk.p_thread[places]
        put_own_place(told, walk, places[there], minute, order[at[there]])
