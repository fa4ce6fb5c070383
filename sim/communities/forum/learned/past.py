"""What a learned forum begins with: weeks that it lived before the first step, or the state of a record at a date."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from scipy.stats import poisson

from windtunnel.sim import noise
from windtunnel.sim.communities.forum.feed import NOTHING
from windtunnel.sim.communities.forum.learned.law import HABIT, Law, stays_for
from windtunnel.sim.communities.forum.learned.memory import Memory
from windtunnel.sim.communities.forum.learned.place import LearnedPlace
from windtunnel.sim.communities.forum.learned.strangers import with_strangers
from windtunnel.sim.communities.forum.posts import CIVIL, TONES, Posts

COPIED = (
    "author",
    "thread",
    "parent",
    "depth",
    "step",
    "tone",
    "state",
    "score",
    "replies",
    "size",
    "heat",
    "recent",
    "answered",
)
BEFORE = -10
"""Ids of posts from before the first step are at most this: they collide with none that is written later."""


@dataclass
class Past:
    """`members` rows of people with what they remember, and the columns of the posts that are there."""

    members: int
    memory: Memory
    posts: dict[str, np.ndarray]

    def leaving(self, law: Law, traits_key: int) -> "Past":
        """The same past in which each member leaves so long after its last act as the law's rate of leaving says: some have left already."""
        memory = self.memory.later(0.0, self.members)
        there = np.flatnonzero((memory.people.acts > 0) & ~memory.people.unnamed)
        lot = noise.uniform(traits_key, "stays", 0, there)
        memory.people.leaves[there] = memory.people.last[there] + stays_for(law, lot)
        return replace(self, memory=memory)

    def restore(self, posts: Posts) -> None:
        """Put the posts into an empty table."""
        if len(self.posts["author"]):
            posts.add(id=BEFORE - np.arange(len(self.posts["author"])), **self.posts)


def lived_before(forum: LearnedPlace, steps: int) -> Past:
    """The past that so many steps of a forum have made."""
    posts = forum.posts
    kept = {name: getattr(posts, name).copy() for name in COPIED}
    kept["step"] = kept["step"] - steps
    people = len(forum.members)
    return Past(people, forum.memory.later(steps * forum.hours, people), kept)


def core_of(law: Law, traits_key: int, scale: float) -> Past | None:
    """Members without posts: of each group of the law's core a Poisson number with mean `scale` times its own; None where there are none."""
    groups = law.core
    many = np.array([group.members for group in groups]) * scale
    count = poisson.ppf(noise.uniform(traits_key, "core", 0, np.arange(len(groups))), many).astype(int)
    if not count.sum():
        return None
    group = np.repeat(np.arange(len(groups)), count)
    rows = 1 + np.arange(len(group))

    def mean(name: str) -> np.ndarray:
        return np.array([getattr(each, name) for each in groups])[group]

    memory = Memory(law, 1 + len(group))
    people = memory.people
    rest = mean("rest") * np.exp(0.5 * (noise.uniform(traits_key, "rest", 0, rows) - 0.5))
    people.last[rows], people.habit[rows] = -rest, mean("habit") * np.exp(rest / HABIT)
    people.opened[rows], people.replied[rows] = np.round(mean("opened")), np.round(mean("replied"))
    people.acts[rows] = np.maximum(people.opened[rows] + people.replied[rows], 1)
    people.acts_6h[rows] = people.acts_24h[rows] = 1.0
    return Past(1 + len(group), memory, {name: np.empty(0, np.int64) for name in COPIED})


def recorded(law: Law, posts: pl.DataFrame, minute: int, step_hours: float) -> Past:
    """The state of a record (columns of posts.parquet) at a minute: everybody who wrote before, and what they wrote.

    Nameless posts are by strangers, but for answers back; a reply whose parent is not there answers the opening post.
    Row 0 is the member who sets the scene.
    """
    table = posts.filter(pl.col("minute") < minute).sort("minute", "post")
    number = {post: row for row, post in enumerate(table["post"].to_list())}
    parent: list[int] = []
    thread: list[int] = []
    depth: list[int] = []
    roots: dict[int, int] = {}
    for row, (at, up) in enumerate(table.select("thread", "parent").iter_rows()):
        above = number.get(up, -1) if up is not None else -1
        if at not in roots:
            roots[at], above = row, -1
        elif above < 0 or above >= row:
            above = roots[at]
        parent.append(above)
        thread.append(roots[at])
        depth.append(0 if above < 0 else depth[above] + 1)
    author, unnamed = _authors(table["author"], np.array(parent, np.int64))
    count = 1 + len(unnamed)
    hours = (table["minute"].to_numpy() - minute) / 60.0
    memory = Memory(law, count)
    memory.people.unnamed[1:] = unnamed
    memory.posts.grow(len(author))
    level = {name: place for place, name in enumerate(TONES)}
    tone = [level.get(name, CIVIL) for name in table["tone"].to_list()]
    size = np.zeros(len(author), np.int64)
    exchange = memory.posts.exchange
    for row, (who, up, root) in enumerate(zip(author, parent, thread, strict=True)):
        now = float(hours[row])
        partner = author[up] if up >= 0 else -1
        memory.acted(who, now, up < 0, up, root, partner)
        if up >= 0:
            size[root] += 1
            if parent[up] >= 0 and author[parent[up]] == who:
                exchange[row] = exchange[up] + 1
        told = (row, who, now, up, root, partner, depth[row], int(exchange[row]))
        memory.appeared([told], [int(size[root])])
        memory.heard(None if unnamed[who - 1] else who, root, row, up, tone[row])
    replies = np.bincount(np.array(parent, int)[np.array(parent, int) >= 0], minlength=len(author))
    return Past(
        count,
        memory,
        {
            "author": np.array(author, np.int32),
            "thread": np.array(thread, np.int32),
            "parent": np.array(parent, np.int32),
            "answered": np.array([author[up] if up >= 0 else -1 for up in parent], np.int32),
            "depth": np.array(depth, np.int16),
            "step": np.floor(hours / step_hours).astype(np.int32),
            "tone": np.array(tone, np.int8),
            "replies": replies.astype(np.int32),
            "size": size.astype(np.int32),
        },
    )


def _authors(names: pl.Series, parent: np.ndarray) -> tuple[list[int], np.ndarray]:
    """Of each post (n,) its author's row, from 1 on in the order of their first posts, and of each row whether its name lacks."""
    known = names.drop_nulls().unique(maintain_order=True)
    number = dict(zip(known.to_list(), range(len(known)), strict=True))
    told = np.array([NOTHING if name is None else number[name] for name in names.to_list()], np.int64)
    _, first, code = np.unique(
        with_strangers(told, parent, NOTHING, len(known)), return_index=True, return_inverse=True
    )
    order = np.argsort(first)
    row = np.empty(len(order), np.int64)
    row[order] = np.arange(1, 1 + len(order))
    return row[code].tolist(), told[first[order]] == NOTHING


def read_past(law: Law, folder: str, minute: int, step_hours: float) -> Past:
    """The state of the record in an imported folder at a minute; `ValueError` where it is not there any more."""
    path = Path(folder) / "posts.parquet"
    if not path.is_file():
        raise ValueError(
            f"{path} is not there any more: a warm start reads the record itself; set mind.start=cold"
        )
    return recorded(
        law,
        pl.read_parquet(path, columns=["post", "thread", "parent", "author", "minute", "tone"]),
        minute,
        step_hours,
    )
