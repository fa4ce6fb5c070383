"""In what tone learned members answer: log-odds from what author, thread, parent and those above it have said so far.

Tones are those that the record's posts have, not a reader's probabilities: a simulated post has no other. What notices of policies add
is no part of it, and stays declared.
"""

from collections import deque
from functools import cached_property, lru_cache
from math import log, log1p
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from windtunnel.sim.communities.forum.learned.sums import weighed
from windtunnel.sim.communities.forum.posts import HEATED, HOSTILE

POOL = 5.0
"""Posts at the common shares that are added to those of an author, or a thread."""
OF_LATE = 300
"""Latest posts of the place whose tones are its mood."""
Counts = tuple[int, int, int]
"""Posts, and how many of them are heated and hostile."""
NONE: Counts = (0, 0, 0)
TERMS = (
    *("parent_heated", "parent_hostile", "above_heated", "above_hostile"),
    *("thread_heated", "thread_hostile", "author_heated", "author_hostile"),
    *("here_heated", "here_hostile", "last_heated", "last_hostile", "late_heated", "late_hostile"),
    *("root", "depth", "size", "new", "answers_me", "own"),
)
"""Of pairs: heated and hostile. `above`: half the parent, a quarter of the one above it, and so on; `here`: the author in this thread;
`last`: the author's last post; `late`: the place's latest posts. Shares are pooled log-odds over the common ones."""


class ToneLaw(BaseModel):
    """Log-odds of a heated and of a hostile reply against a civil one: intercept and coefficients by term."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    terms: tuple[str, ...] = TERMS
    common: tuple[Annotated[float, Field(gt=0, lt=1)], Annotated[float, Field(gt=0, lt=1)]]
    """Shares of heated and hostile replies."""
    intercept: tuple[float, float]
    heated: tuple[float, ...]
    hostile: tuple[float, ...]
    replies: int
    posted: tuple[float, float] = (0.0, 0.0)
    """Added in a run, whose replies are those that are posted: the law is fitted to replies that still have their author's name, of which
    moderators have taken the worst."""

    @cached_property
    def coefficients(self) -> tuple[np.ndarray, np.ndarray]:
        """Intercepts (2,) and coefficients (terms, 2)."""
        return np.array(self.intercept), np.array([self.heated, self.hostile]).T

    def log_odds(self, terms: np.ndarray) -> np.ndarray:
        """Log-odds (n, 2) against civil of replies with these terms (n, terms)."""
        intercept, coefficients = self.coefficients
        table = terms.T
        return np.stack(
            [own + weighed(some, table.copy()) for own, some in zip(intercept, coefficients.T, strict=True)],
            axis=1,
        )


class ToneMemory:
    """What has been said so far: by author, in each thread, by each author in each thread, above each post, and of late.

    Members, threads and posts go by any numbers of their own, a thread by its first post.
    """

    def __init__(self, common: tuple[float, float]) -> None:
        self.common = common
        self.authors: dict[int, Counts] = {}
        self.threads: dict[int, Counts] = {}
        self.places: dict[tuple[int, int], Counts] = {}
        self.last: dict[int, int] = {}
        self.said: dict[int, int] = {}
        self.above: dict[int, tuple[float, float]] = {}
        self.late: deque[int] = deque(maxlen=OF_LATE)
        self._late = [0, 0, 0]

    def copied(self) -> "ToneMemory":
        """The same in a state of its own."""
        out = ToneMemory(self.common)
        out.authors, out.threads, out.places = dict(self.authors), dict(self.threads), dict(self.places)
        out.last, out.said, out.above = dict(self.last), dict(self.said), dict(self.above)
        out.late, out._late = self.late.copy(), list(self._late)
        return out

    def note(self, author: int | None, root: int, post: int, up: int, tone: int) -> None:
        """A post was written; `up` is the one that it answers (-1: it opens its thread), `author` None for nobody known."""
        if up >= 0:
            self.above[post] = self._above(up)
        self.said[post] = tone
        self.threads[root] = _one_more(self.threads.get(root, NONE), tone)
        if len(self.late) == OF_LATE:
            self._late[self.late[0]] -= 1
        self.late.append(tone)
        self._late[tone] += 1
        if author is not None:
            self.remember(author, tone)
            self.places[author, root] = _one_more(self.places.get((author, root), NONE), tone)

    def remember(self, author: int, tone: int) -> None:
        """A member wrote in a tone elsewhere."""
        self.authors[author] = _one_more(self.authors.get(author, NONE), tone)
        self.last[author] = tone

    def terms(
        self, author: int | None, root: int, up: int, depth: int, size: int, *, answers_me: bool, own: bool
    ) -> list[float]:
        """The terms of a reply to the post `up`, so many answers deep, in a thread of so many replies."""
        parent, last = self.said.get(up, 0), self.last.get(author, -1) if author is not None else -1
        above = self._above(up)
        authors = self._odds(self.authors.get(author)) if author is not None else (0.0, 0.0)
        here = self._odds(self.places.get((author, root))) if author is not None else (0.0, 0.0)
        late = (len(self.late), self._late[HEATED], self._late[HOSTILE])
        return [
            parent == HEATED,
            parent == HOSTILE,
            *above,
            *self._odds(self.threads.get(root)),
            *authors,
            *here,
            last == HEATED,
            last == HOSTILE,
            *self._odds(late),
            up == root,
            log1p(depth),
            log1p(size),
            author is not None and author not in self.authors,
            answers_me,
            own,
        ]

    def _above(self, up: int) -> tuple[float, float]:
        tone, above = self.said.get(up, 0), self.above.get(up, (0.0, 0.0))
        return ((above[0] + (tone == HEATED)) / 2, (above[1] + (tone == HOSTILE)) / 2)

    def _odds(self, counts: Counts | None) -> tuple[float, float]:
        """Pooled log-odds of heated and of hostile over the common ones."""
        return (0.0, 0.0) if counts is None else _pooled(counts, self.common)


def _one_more(counts: Counts, tone: int) -> Counts:
    posts, heated, hostile = counts
    return posts + 1, heated + (tone == HEATED), hostile + (tone == HOSTILE)


@lru_cache(maxsize=1 << 16)
def _pooled(counts: Counts, common: tuple[float, float]) -> tuple[float, float]:
    """Log-odds of heated and of hostile over the common ones; few counts come back all the time."""
    posts, *hot = counts
    found = []
    for count, usual in zip(hot, common, strict=True):
        share = (count + POOL * usual) / (posts + POOL)
        share = min(max(share, 1e-6), 1 - 1e-6)
        found.append(log(share / (1 - share)) - log(usual / (1 - usual)))
    return found[0], found[1]
