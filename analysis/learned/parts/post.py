"""Which post of a thread a reply answers: its first post, its latest ones, or an older one."""

import numpy as np

from windtunnel.analysis.learned.delays import delay_names
from windtunnel.analysis.learned.features import Features
from windtunnel.analysis.learned.record import CommunityRecord
from windtunnel.analysis.learned.walk import Walk

LATEST = 200
"""Posts offered because they were written last in the thread."""

OF_POST = (
    "older",
    "root",
    "root_size",
    "replies",
    "unanswered",
    "age",
    *delay_names("age"),
    "rank",
    "latest",
    "depth",
    *delay_names("since_reply"),
    "by_opener",
    "unsigned",
)
OF_ACTOR = (
    "mine",
    "mine_latest",
    "answers_me",
    "answers_me_latest",
    "answered",
    "answered_author_here",
    "root_mine",
    "met",
    "met_back",
)
NAMES = (*OF_POST, *OF_ACTOR)
CORE = ("older", "root", "replies", "unanswered", "depth", "rank", "mine", "answers_me", "answered")
CORE_RIDGE, OTHER_RIDGE = 1.0, 100.0
"""A thread offers few posts, so that a choice tells little: what carries most is left nearly free, the rest is drawn to 0 until many
acts speak for it. Chosen on the last fifth of the training acts of three communities."""
PRODUCT_FORM = ("older", "root", "replies", "age")
"""The form that the rules have: the first post's share, and powers of (1 + replies) and of (1 + age in hours)."""


def acts(record: CommunityRecord) -> np.ndarray:
    """Rows of the acts that this part is about: replies that answer a known post in a thread of two or more."""
    rows = np.flatnonzero(~record.opens & (record.parent >= 0) & (record.known | ("author" in record.lacks)))
    same = record.thread[record.parent[rows]] == record.thread[rows]
    before = np.zeros(record.threads, np.int64)
    seen = np.zeros(len(record), np.int64)
    for row, thread in enumerate(record.thread.tolist()):
        seen[row] = before[thread]
        before[thread] += 1
    return rows[same & (seen[rows] >= 2)]


def options(walk: Walk, row: int) -> tuple[np.ndarray, int]:
    """Features of the posts that the reply `row` may answer (n, features), the last being an older one, and which one it was."""
    record = walk.record
    minute, author = int(record.minute[row]), walk.writer(row)
    every = walk.rows[int(record.thread[row])]
    posts = np.array(every if len(every) <= LATEST + 1 else [every[0], *every[-LATEST:]], np.int64)
    n = len(posts)
    told, those = Features(NAMES, n + 1), slice(0, n)
    told.put("older", 1, n)
    told.put("root", 1, 0)
    told.put("root_size", np.log(len(every)), 0)
    replies, age = walk.replies[posts], minute - record.minute[posts]
    told.put("replies", np.log1p(replies), those)
    told.put("unanswered", replies == 0, those)
    told.put("age", np.log1p(age / 60), those)
    told.put_delay("age", age, those)
    told.put("rank", np.log1p(np.arange(n)[::-1]), those)
    told.put("latest", 1, n - 1)
    told.put("depth", np.log1p(record.depth[posts]), those)
    told.put_delay("since_reply", np.where(replies > 0, minute - walk.replied[posts], 0), those)
    writers = walk.writers(posts)
    told.put("by_opener", (writers == writers[0]) & (writers >= 0), those)
    told.put("unsigned", writers < 0, those)
    if author >= 0:
        _put_actor(told, walk, row, author, posts, writers)
    found = np.flatnonzero(posts == record.parent[row])
    return told.x, int(found[0]) if len(found) else n


def _put_actor(
    told: Features, walk: Walk, row: int, author: int, posts: np.ndarray, writers: np.ndarray
) -> None:
    n = len(posts)
    those = slice(0, n)
    mine = writers == author
    told.put("mine", mine, those)
    told.put("mine_latest", mine[-1], n - 1)
    told.put("root_mine", mine[0], 0)
    answers_me = (walk.answered_array[posts] == author) & ~mine
    told.put("answers_me", answers_me, those)
    told.put("answers_me_latest", answers_me[-1], n - 1)
    place = walk.places.get((int(walk.record.thread[row]), author))
    if place is not None and walk.p_answered[place]:
        done = np.array(walk.p_answered[place], np.int64)
        told.put("answered", np.isin(posts, done), those)
        told.put("answered_author_here", np.isin(writers, walk.writers(done)) & (writers >= 0), those)
    got, gave = walk.answers_between(author, writers)
    told.put("met", np.log1p(gave), those)
    told.put("met_back", np.log1p(got), those)
