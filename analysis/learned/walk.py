"""What members could know just before each post of a record: kept up post by post, read by the parts that make choices of it.

Numbers are gathered from arrays, never counted again, so that a choice among 150 costs a fraction of a millisecond.
"""

from collections import OrderedDict
from collections.abc import Iterator

import numpy as np

from windtunnel.analysis.learned.record import CommunityRecord

NEVER = -(10**9)
"""Minute of what never happened: two thousand years before the record."""
HOUR, SIX_HOURS, DAY, MONTH = 60, 360, 1440, 43_200


class Walk:
    """The state of a community just before row `at` of its record; `forward` takes the next post in.

    Per author, (authors,): last and first minute of an act, posts so far, posts in 6 hours, a day, 30 days, answers received
    in 6 hours, answers owed (threads in which somebody answered after the author's last post there), posts by hour of day
    (authors, 24). Per thread, (threads,): minute of the last post, size, posts in an hour and in six, authors, unsigned posts.
    Per post: replies so far, minute of the last one. A *place* is an author in a thread, numbered as they come; per place: minute
    of the last post, posts, answers received, minute of the latest answer since the last post (`NEVER`: none is owed), size
    of the thread at the last post.
    """

    def __init__(self, record: CommunityRecord) -> None:
        authors, threads, posts = len(record.authors), record.threads, len(record)
        self.record, self.at = record, 0
        self.last, self.first = np.full(authors, NEVER), np.full(authors, NEVER)
        self.posts, self.opened = np.zeros(authors, np.int64), np.zeros(authors, np.int64)
        self.six, self.day, self.month = (np.zeros(authors, np.int64) for _ in range(3))
        self.received, self.owed = np.zeros(authors, np.int64), np.zeros(authors, np.int64)
        self.by_hour = np.zeros((authors, 24), np.int32)
        self.hours = np.zeros(24, np.int64)
        self.t_last, self.size = np.full(threads, NEVER), np.zeros(threads, np.int64)
        self.t_hour, self.t_six = np.zeros(threads, np.int64), np.zeros(threads, np.int64)
        self.people, self.unsigned = np.zeros(threads, np.int64), np.zeros(threads, np.int64)
        self.replies, self.replied = np.zeros(posts, np.int64), np.full(posts, NEVER)
        self.p_thread, self.p_author = np.zeros(posts, np.int64), np.zeros(posts, np.int64)
        self.p_last, self.p_posts = np.full(posts, NEVER), np.zeros(posts, np.int64)
        self.p_received, self.p_owed = np.zeros(posts, np.int64), np.full(posts, NEVER)
        self.p_size = np.zeros(posts, np.int64)
        self.p_answered: list[list[int]] = []
        """Rows that the author of each place answered there."""
        self.places: dict[tuple[int, int], int] = {}
        self.in_thread: list[list[int]] = [[] for _ in range(threads)]
        self.of_author: list[list[int]] = [[] for _ in range(authors)]
        self.rows: list[list[int]] = [[] for _ in range(threads)]
        self.answered_by: list[dict[int, int]] = [{} for _ in range(authors)]
        """How often each author was answered by each other."""
        self.recent_authors: OrderedDict[int, None] = OrderedDict()
        self.recent_threads: OrderedDict[int, None] = OrderedDict()
        self.total = 0
        """Posts so far by authors that are known."""
        self._leaving = [0, 0, 0, 0]
        self.t_row = np.zeros(threads, np.int64)
        """Row of the last post of each thread."""
        self._lists()

    def _lists(self) -> None:
        """Columns of the record as lists: single numbers are read from these many times faster."""
        record = self.record
        self._minute, self._thread, self._parent = (
            each.tolist() for each in (record.minute, record.thread, record.parent)
        )
        self.writer_array = np.where(record.known, record.author, -1)
        self.answered_array = np.where(record.parent >= 0, self.writer_array[record.parent], -1)
        self._author, self._answered = self.writer_array.tolist(), self.answered_array.tolist()
        self._opens, self._hour = record.opens.tolist(), record.hour.tolist()

    def through(self, rows: np.ndarray) -> Iterator[int]:
        """The given rows in order, the state being that just before each."""
        for row in rows.tolist():
            while self.at < row:
                self.forward()
            self.expire(self._minute[row])
            yield row

    def forward(self) -> None:
        """Take in the post at `at`."""
        row = self.at
        minute, thread, author, parent = (
            self._minute[row],
            self._thread[row],
            self._author[row],
            self._parent[row],
        )
        self.expire(minute)
        self.t_last[thread], self.t_row[thread] = minute, row
        self.size[thread] += 1
        self.t_hour[thread] += 1
        self.t_six[thread] += 1
        self.rows[thread].append(row)
        self.recent_threads[thread] = None
        self.recent_threads.move_to_end(thread)
        if parent >= 0:
            self.replies[parent] += 1
            self.replied[parent] = minute
        if author >= 0:
            self._by(author, row, minute, thread, parent)
        else:
            self.unsigned[thread] += 1
        to = self._answered[row]
        if to >= 0 and to != author:
            self._to(to, author, minute, thread)
        self.at += 1

    def _by(self, author: int, row: int, minute: int, thread: int, parent: int) -> None:
        if not self.posts[author]:
            self.first[author] = minute
        self.last[author] = minute
        for column in (self.posts, self.six, self.day, self.month):
            column[author] += 1
        hour = self._hour[row]
        self.by_hour[author, hour] += 1
        self.hours[hour] += 1
        self.total += 1
        self.recent_authors[author] = None
        self.recent_authors.move_to_end(author)
        place = self.places.get((thread, author))
        if place is None:
            place = len(self.p_answered)
            self.places[thread, author] = place
            self.p_answered.append([])
            self.p_thread[place], self.p_author[place] = thread, author
            self.in_thread[thread].append(place)
            self.of_author[author].append(place)
            self.people[thread] += 1
        if self._opens[row]:
            self.opened[author] += 1
        self.p_posts[place] += 1
        self.p_last[place] = minute
        self.p_size[place] = self.size[thread]
        if self.p_owed[place] != NEVER:
            self.owed[author] -= 1
            self.p_owed[place] = NEVER
        if parent >= 0:
            self.p_answered[place].append(parent)

    def _to(self, author: int, by: int, minute: int, thread: int) -> None:
        self.received[author] += 1
        place = self.places.get((thread, author))
        if place is not None:
            if self.p_owed[place] == NEVER:
                self.owed[author] += 1
            self.p_owed[place] = minute
            self.p_received[place] += 1
        if by >= 0:
            known = self.answered_by[author]
            known[by] = known.get(by, 0) + 1

    def expire(self, minute: int) -> None:
        """Take out of each window the posts that are older than it at `minute`."""
        for window, span in enumerate((HOUR, SIX_HOURS, DAY, MONTH)):
            row = self._leaving[window]
            while row < self.at and self._minute[row] < minute - span:
                author = self._author[row]
                if window == 0:
                    self.t_hour[self._thread[row]] -= 1
                elif window == 1:
                    self.t_six[self._thread[row]] -= 1
                    if author >= 0:
                        self.six[author] -= 1
                    to = self._answered[row]
                    if to >= 0 and to != author:
                        self.received[to] -= 1
                elif author >= 0:
                    (self.day if window == 2 else self.month)[author] -= 1
                row += 1
            self._leaving[window] = row

    def writer(self, row: int) -> int:
        """Author of a post; -1 for an unknown one or a bot."""
        return self._author[row]

    def writers(self, rows: np.ndarray) -> np.ndarray:
        """Authors of posts (n,), as `writer`."""
        return np.asarray(self.writer_array[rows])

    def answered(self, row: int) -> int:
        """Author of the post that this one answers; -1 where there is none or it is not known."""
        return self._answered[row]

    def last_authors(self, most: int) -> np.ndarray:
        """The authors who wrote last, latest first."""
        return _latest(self.recent_authors, most)

    def last_threads(self, most: int) -> np.ndarray:
        """The threads that were written in last, latest first."""
        return _latest(self.recent_threads, most)

    def answers_between(self, author: int, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How often each of `others` answered `author`, and `author` each of them; both 0 for an unknown author."""
        if author < 0:
            return np.zeros(len(others)), np.zeros(len(others))
        by = self.answered_by[author]
        there = others.tolist()
        got = np.array([by.get(each, 0) for each in there], float)
        table = self.answered_by
        gave = np.array([table[each].get(author, 0) if each >= 0 else 0 for each in there], float)
        return got, gave


def _latest(order: OrderedDict[int, None], most: int) -> np.ndarray:
    found: list[int] = []
    for each in reversed(order):
        if len(found) == most:
            break
        found.append(each)
    return np.array(found, np.int64)
