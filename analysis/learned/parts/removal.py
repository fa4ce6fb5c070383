"""Which replies were taken away, from what was known before each was written: where it stands, and what was taken before it."""

import numpy as np

from windtunnel.analysis.learned.delays import delay_names, delays
from windtunnel.analysis.learned.record import DELETED, GONE, VISIBLE, CommunityRecord

PLACE = (
    "level",
    "depth",
    "first_level",
    "position",
    *delay_names("thread_age"),
    *delay_names("answers_after"),
)
SEEN = (
    "taken_in_thread",
    "seen_in_thread",
    "parent_taken",
    "taken_siblings",
    "taken_of_late",
    "first_post_taken",
)
NAMES = (*PLACE, *SEEN)
NEWCOMER = "newcomer"
"""One more feature, where the authors of what was taken away are named."""
PRIOR = 3.0
"""Posts at the record's share added to each share of posts taken away."""
OF_LATE = 300
LEAST_TAKEN = 30
NAMED_SHARE = 0.5


def taken_away(record: CommunityRecord) -> np.ndarray:
    """Whether each post is gone for readers, (n,): what its author alone is known to have deleted does not count."""
    return (record.status != VISIBLE) & (record.status != DELETED)


def names(record: CommunityRecord) -> tuple[str, ...]:
    taken = taken_away(record) & ~record.opens
    named = taken.any() and (record.author[taken] >= 0).mean() >= NAMED_SHARE
    return (*NAMES, NEWCOMER) if named else NAMES


def cannot_tell(record: CommunityRecord) -> str:
    """A sentence on what the record does not say of removals; empty where it says all."""
    gone = (record.status == GONE) & ~record.opens
    if not gone.any():
        return ""
    return (
        f"removed by moderators and deleted by the author cannot be told apart in {int(gone.sum()):,} of "
        f"{int((~record.opens).sum()):,} replies: the removal part foretells both together"
    )


def features(record: CommunityRecord, rows: np.ndarray) -> np.ndarray:
    """(n, features) of the replies `rows`, in the order of `names`; only earlier posts are looked at."""
    taken = taken_away(record)
    share = float(np.clip(taken[~record.opens].mean(), 0.001, 0.999))
    parent = np.where(record.parent >= 0, record.parent, record.root[record.thread])
    in_thread, size, siblings, born = _before(record, parent, taken)
    order = np.cumsum(taken) - taken
    late = np.maximum(np.arange(len(record)) - OF_LATE, 0)
    of_late = (order - order[late] + PRIOR * share) / (np.arange(len(record)) - late + PRIOR)
    columns = {
        "level": np.ones(len(rows)),
        "depth": np.log1p(record.depth[rows]),
        "first_level": record.depth[rows] == 1,
        "position": np.log1p(size[rows]),
        "taken_in_thread": _odds(in_thread[rows], size[rows], share),
        "seen_in_thread": np.log1p(in_thread[rows]),
        "parent_taken": taken[parent[rows]],
        "taken_siblings": _odds(siblings[rows], born[rows], share),
        "taken_of_late": np.log(of_late[rows] / (1 - of_late[rows])),
        "first_post_taken": taken[record.root[record.thread[rows]]],
    }
    spans = {
        "thread_age": record.minute[rows] - record.minute[record.root[record.thread[rows]]],
        "answers_after": record.minute[rows] - record.minute[parent[rows]],
    }
    made = []
    for name in NAMES:
        if name in columns:
            made.append(np.asarray(columns[name], float))
        elif name.endswith("_10min"):
            made.extend(delays(spans[name.removesuffix("_10min")]).T)
    if NEWCOMER in names(record):
        first = np.full(len(record.authors) + 1, len(record))
        np.minimum.at(first, record.author, np.arange(len(record)))
        made.append(((first[record.author[rows]] == rows) & (record.author[rows] >= 0)).astype(float))
    return np.column_stack(made)


def _odds(taken: np.ndarray, of: np.ndarray, share: float) -> np.ndarray:
    rate = (taken + PRIOR * share) / (of + PRIOR)
    return np.asarray(np.log(rate / (1 - rate)) - np.log(share / (1 - share)))


def _before(
    record: CommunityRecord, parent: np.ndarray, taken: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Posts taken and posts in the thread, and taken and all answers to the same post, each before the row, (n,)."""
    found = [np.zeros(len(record), np.int64) for _ in range(4)]
    in_thread = [[0, 0] for _ in range(record.threads)]
    under = [[0, 0] for _ in range(len(record))]
    for row, (thread, up, gone) in enumerate(
        zip(record.thread.tolist(), parent.tolist(), taken.tolist(), strict=True)
    ):
        for place, counts in ((0, in_thread[thread]), (2, under[up])):
            found[place][row], found[place + 1][row] = counts
            counts[0] += gone
            counts[1] += 1
    return found[0], found[1], found[2], found[3]
