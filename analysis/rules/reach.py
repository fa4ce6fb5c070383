"""Whose posts a rule touches, when, and how often each tone of newcomers and of regulars."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from windtunnel.analysis.importers.imported.lacking import lacks_of
from windtunnel.analysis.rules.facts import DAY, HOUR, Facts

NEWCOMERS, REGULARS, NOBODY = "newcomers", "regulars", "nobody known"
TONES = ("civil", "heated", "hostile")
MOST_PERIODS = 60
SPANS = ((1, "day"), (7, "week"), (30, "30 days"), (365, "365 days"))


@dataclass(frozen=True)
class Group:
    """Posts of one group and how many of them were touched, and of how many members."""

    group: str
    posts: int
    touched: float
    members: int


@dataclass(frozen=True)
class Period:
    """So many days from `minute` on: posts and touched ones."""

    minute: int
    days: int
    posts: int
    touched: float


@dataclass(frozen=True)
class Reach:
    """Of the posts of a tone by newcomers or regulars: how many could be judged, and which share was taken away, by rules that do not only
    report (None: no post)."""

    group: str
    tone: str
    posts: int
    share: float | None


def groups_of(facts: Facts) -> np.ndarray:
    """The group (n,) of each post's author when it was written."""
    new = facts.column("newcomer").fill_null(False).to_numpy()
    return np.where(facts.author < 0, NOBODY, np.where(new, NEWCOMERS, REGULARS))


def by_group(facts: Facts, chance: np.ndarray) -> tuple[Group, ...]:
    """Newcomers (see `incidents.forum.acts`), regulars, and posts whose author is not known."""
    group, found = groups_of(facts), []
    for name in (NEWCOMERS, REGULARS, NOBODY):
        here = group == name
        if here.any():
            members = len(np.unique(facts.author[here & (chance > 0)])) if name != NOBODY else 0
            found.append(Group(name, int(here.sum()), float(chance[here].sum()), members))
    return tuple(found)


def by_period(facts: Facts, chance: np.ndarray) -> tuple[Period, ...]:
    """At most 60 periods of days, weeks, 30 or 365 days, counted from the record's beginning; none without times."""
    if not len(facts) or "time" in lacks_of(facts.folder.path):
        return ()
    last = int(facts.minute.max())
    days = next((days for days, _ in SPANS if last / (days * DAY) <= MOST_PERIODS), SPANS[-1][0])
    place = facts.minute // (days * DAY)
    posts, touched = np.bincount(place), np.bincount(place, chance)
    return tuple(
        Period(number * days * DAY, days, int(posts[number]), float(touched[number]))
        for number in range(len(posts))
    )


def by_hour(facts: Facts, chance: np.ndarray) -> tuple[float, ...]:
    """Touched posts by hour of the day, 24 numbers; see `facts` for what an hour is where the clock is not known. None without times."""
    if "time" in lacks_of(facts.folder.path):
        return ()
    hours = (facts.minute + (facts.start or 0)) // HOUR % 24
    return tuple(np.bincount(hours, chance, minlength=24).astype(float).tolist())


def reach(facts: Facts, chance: np.ndarray, known: np.ndarray) -> tuple[Reach, ...]:
    """By group and tone, of posts that have a tone, an author, and could be judged: what `policy=replayed_rule` takes over."""
    group, tone = groups_of(facts), facts.posts["tone"].cast(pl.String).fill_null("").to_numpy()
    found = []
    for name in (REGULARS, NEWCOMERS):
        for each in TONES:
            here = (group == name) & (tone == each) & known
            count = int(here.sum())
            found.append(Reach(name, each, count, float(chance[here].mean()) if count else None))
    return tuple(found)
