"""A record whose members remember: who wrote when, who owes whom an answer, and which posts may be in sight."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from windtunnel.sim.communities.forum.feed import NOTHING
from windtunnel.sim.communities.forum.learned.heat import Watch
from windtunnel.sim.communities.forum.learned.memory import Memory
from windtunnel.sim.communities.forum.posts import VISIBLE
from windtunnel.sim.communities.forum.record import RecordForum
from windtunnel.sim.communities.forum.ticks import in_turn


class History(NamedTuple):
    """Earlier acts of the members that the record's world does not hold, in time order: members (rows), minutes, whether each opened a
    thread, tones (-1: not known)."""

    row: np.ndarray
    minute: np.ndarray
    opens: np.ndarray
    tone: np.ndarray


_NONE = np.empty(0, np.int64)
NO_HISTORY = History(_NONE, _NONE, _NONE.astype(bool), _NONE)


class RememberedRecord(RecordForum):
    """The forum of a record that notes in its `memory` what is written, as it is written."""

    history: History
    memory: Memory
    watch: Watch | None
    """Notes what tells of the own thread's hotness, while that is inferred."""
    _unread: set[int]

    def _write_past(self) -> None:
        super()._write_past()
        size: Counter[int] = Counter()
        sizes = []
        for root, up in zip(self.posts.thread.tolist(), self.posts.parent.tolist(), strict=True):
            size[root] += up >= 0
            sizes.append(size[root])
        known = np.searchsorted(self.history.minute, self.posts.step, side="right")
        parts = np.flatnonzero(np.diff(np.maximum.accumulate(known), prepend=-1)).tolist()
        begin = 0
        for low, high in pairwise([*parts, len(sizes)]):
            self._remember(begin, begin := int(known[low]))
            self._note(np.arange(low, high), sizes[low:high])
        self._remember(begin, len(self.history.minute))

    def _remember(self, begin: int, end: int) -> None:
        past = self.history
        for at in range(begin, end):
            hour = float(past.minute[at]) / 60
            self.memory.acted(int(past.row[at]), hour, bool(past.opens[at]), NOTHING, NOTHING, NOTHING)
            if self.memory.tones is not None and past.tone[at] >= 0:
                self.memory.tones.remember(int(past.row[at]), int(past.tone[at]))

    def _write(self, now: int, rows: np.ndarray, parent: np.ndarray, *rest: Any, **named: Any) -> np.ndarray:
        new = super()._write(now, rows, parent, *rest, **named)
        self._note(new, self._sizes(new))
        return new

    def as_recorded(self, world: Any, acts: Sequence[int]) -> None:
        """As in any record; one after the other where what each went by is noted."""
        for some in [acts] if self.watch is None else in_turn(self.record.parent, acts):
            super().as_recorded(world, some)

    def _sizes(self, new: np.ndarray) -> list[int]:
        """Replies in the thread of each of these posts (rows) once it is there, with those that came before any of them was answered."""
        posts = self.posts
        root, up = posts.thread[new], posts.parent[new].tolist()
        size = posts.size[root]
        first, begin = int(new[0]) if len(new) else 0, 0
        for place, above in enumerate(up):
            if above >= first + begin:
                size[begin:place] -= [(root[place:] == one).sum() for one in root[begin:place]]
                begin = place
        return size.tolist()

    def _note(self, new: np.ndarray, sizes: Sequence[int]) -> None:
        """Whoever wrote these posts (rows) has acted, and where they can be read somebody may owe an answer; `sizes` are of their threads."""
        posts, memory = self.posts, self.memory
        memory.posts.grow(len(posts))
        who, up, root, partner = (
            column[new] for column in (posts.author, posts.parent, posts.thread, posts.answered)
        )
        read = posts.state[new] == VISIBLE
        partner = np.where((up >= 0) & (partner == NOTHING), who, partner)  # it answers nobody in the record
        back = np.where(up >= 0, posts.parent[up], NOTHING)
        mutual = (back >= 0) & (posts.author[back] == who)
        free = memory.owed_by(int((read & (up >= 0) & (partner != who)).sum()))
        columns = (
            new,
            who,
            up,
            root,
            posts.answered[new],
            posts.step[new] / 60,
            posts.tone[new],
            mutual,
            read,
        )
        told = zip(*(column.tolist() for column in (*columns, partner, posts.depth[new])), sizes, strict=True)
        exchange, unnamed = memory.posts.exchange, memory.people.unnamed
        for row, by, above, thread, whom, hour, tone, again, seen, owed, depth, size in told:
            if self.watch is not None and above >= 0:
                self.watch.reply(by, above, thread)
            memory.acted(by, hour, above < 0, above, thread, whom)
            memory.heard(None if unnamed[by] else by, thread, row, above, tone)
            if again:
                exchange[row] = exchange[above] + 1
            if not seen:
                self._unread.add(row)
                continue
            post = (row, by, hour, above, thread, owed, depth, int(exchange[row]))
            free = memory.appears(post, size, free)

    def _appeared(self, row: int) -> None:
        """A post that could not be read can be from now on."""
        posts, memory = self.posts, self.memory
        columns = (posts.author, posts.parent, posts.thread, posts.answered, posts.depth)
        who, up, root, partner, depth = (int(column[row]) for column in columns)
        partner = who if up >= 0 and partner == NOTHING else partner  # it answers nobody in the record
        post = (row, who, self._minute / 60, up, root, partner, depth, int(memory.posts.exchange[row]))
        memory.appeared([post], [int(posts.size[root])])

    def appear(self, new: np.ndarray) -> None:
        super().appear(new)
        for row in self._unread.intersection(new.tolist()):
            self._unread.discard(row)
            self._appeared(row)

    def vanish(self, gone: np.ndarray, now: int) -> None:
        super().vanish(gone, now)
        for row in gone.tolist():
            self.memory.vanished(row)
