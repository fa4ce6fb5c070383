"""What a record does not tell, and what can therefore not be asked of it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl

from windtunnel.analysis.importers.imported.source import read_source

T = TypeVar("T")

LACKS = ("author", "time", "parent", "hour")
ALIKE, MANY = 0.95, 20
"""Times are days without an hour where such a share of at least so many posts has one time of day."""
MOVED, MOVED_SHARE, MOVED_TIMES = 50, 0.05, 20.0
"""A minute with so many posts, such a share of all, and so many times what a minute with posts has at the median, is not when they were
written. Chosen."""
TELLS = {
    "author": "the record names no authors: `incidents` finds escalations alone, `why` cannot be asked, and no profile is "
    "fitted for `run`",
    "time": "the record has no times: posts stand in the order of its rows; `incidents` and `why`, which count hours, cannot "
    "be asked, and no profile is fitted for `run`",
    "parent": "the record does not say who answers whom: threads are flat, their posts in order of time; incidents that "
    "count answers to a member (pile_on, newcomer_driven_away) cannot be asked",
    "hour": "the times are days without an hour: posts of a day stand in the order of its rows, what counts hours counts whole days, "
    "and when people write is not fitted",
}
NEEDS = {
    "escalation": ("time",),
    "pile_on": ("author", "time", "parent"),
    "rule_breaking_streak": ("author", "time"),
    "mass_departure": ("author", "time"),
    "newcomer_driven_away": ("author", "time", "parent"),
}
"""What each kind of incident needs of a record."""
WORDS = {"author": "authors", "time": "times", "parent": "word of who answers whom", "hour": "hours"}


def lacking(posts: pl.DataFrame, scale: str, *, flat: bool) -> tuple[str, ...]:
    """Which of `LACKS` the numbered posts of a record do not tell; `scale` is that of their times, `flat`: there are
    replies, and not one names what it answers."""
    found = {
        "author": posts["author"].null_count() == posts.height,
        "time": scale == "none",
        "parent": flat,
        "hour": scale != "none" and days_alone(posts["minute"]),
    }
    return tuple(name for name in LACKS if found[name])


def days_alone(minutes: pl.Series) -> bool:
    """Whether times (minutes) are days without an hour: of many, on several days, nearly all have one time of day."""
    if len(minutes) < MANY or minutes.max() == minutes.min():
        return False
    return bool((minutes % 1440).value_counts()["count"].to_numpy().max() >= ALIKE * len(minutes))


def at_one_time(minutes: np.ndarray) -> dict[int, int]:
    """Minutes that bear far too many of a record's posts (n,), with how many: those of a move from another place, or of an import, not of
    writing.

    >>> at_one_time(np.repeat([7, *range(100, 400)], [60, *[1] * 300]))
    {7: 60}
    >>> at_one_time(np.repeat(np.arange(60), 50))
    {}
    """
    when, count = np.unique(minutes, return_counts=True)
    most = count >= max(
        MOVED, MOVED_SHARE * len(minutes), MOVED_TIMES * float(np.median(count)) if len(count) else 0
    )
    return dict(zip(when[most].tolist(), count[most].tolist(), strict=True)) if len(when) > 1 else {}


def lacks_of(folder: Path) -> tuple[str, ...]:
    """What import.json says that the record in `folder` lacks."""
    found = read_source(folder).get("lacks")
    return tuple(each for each in LACKS if isinstance(found, list) and each in found)


def askable(folder: Path, rules: Mapping[str, T]) -> tuple[dict[str, T], str]:
    """The rules whose incidents can be looked for in a folder, and a sentence on the others, empty if there are none.

    Raises `ValueError` if none can.
    """
    lacks = lacks_of(folder)
    asked = {kind: rule for kind, rule in rules.items() if not set(NEEDS.get(kind, ())) & set(lacks)}
    left = ", ".join(kind for kind in rules if kind not in asked)
    if left and not asked:
        raise ValueError(f"{folder} has no {_words(lacks)}, which {left} cannot do without: {_advice(lacks)}")
    return asked, f"Not looked for, since the record has no {_words(lacks)}: {left}." if left else ""


def refuse_lacking(folder: Path, needed: Iterable[str], what: str) -> None:
    """`ValueError` where the record in `folder` lacks what `what` needs."""
    lacks = [each for each in lacks_of(folder) if each in needed]
    if lacks:
        raise ValueError(f"{folder} has no {_words(lacks)}, which {what} cannot do without: {_advice(lacks)}")


def refuse_why(folder: Path, name: str) -> None:
    """`ValueError` where the record in `folder` lacks what `why` needs, of any incident or of the kind that `name` begins with."""
    refuse_lacking(folder, ("author", "time"), "`why`")
    for kind, needed in NEEDS.items():
        if name.startswith(kind):
            refuse_lacking(folder, needed, kind)


def _advice(lacks: Iterable[str]) -> str:
    return f"import it with {', '.join(f'{each}=COLUMN' for each in lacks)} in --map if the record has them"


def _words(lacks: Iterable[str]) -> str:
    return " and no ".join(WORDS[each] for each in lacks)
