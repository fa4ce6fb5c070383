"""What was known of each recorded post at the moment it was written, as columns that rules read.

Nothing here is known only afterwards. Where a fact is not known of a post (its text was taken away, its author is
gone, its thread's beginning is missing) the column is null, and a rule that asks for it says nothing about the post.
"""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.importers.imported.dates import start_of
from windtunnel.analysis.importers.imported.lacking import refuse_lacking
from windtunnel.analysis.importers.imported.source import read_source
from windtunnel.analysis.incidents.forum.acts import NEEDED, NEWCOMER_MINUTES, moderation_of

HOUR, DAY = 60, 24 * 60
_APART = 1 << 40
"""Between the minutes of two authors in one sorted key: more minutes than any record has."""


class Facts:
    """The posts of an imported community with what was known when each was written; columns are made when first asked for."""

    def __init__(self, folder: Path | str) -> None:
        """`ValueError` for a folder that is no imported community's."""
        self.folder = Folder(folder)
        if self.folder.manifest.is_file() and not self.folder.posts.is_file():
            raise ValueError(
                f"{folder} is a run: a rule is replayed on an imported community. In a run it can be toggled: "
                "policy=replayed_rule"
            )
        if not self.folder.posts.is_file():
            raise ValueError(
                f"{folder} holds no posts.parquet: give the output folder of `windtunnel import`"
            )
        self.posts = self.folder.read_table("posts")
        if missing := NEEDED - set(self.posts.columns):
            raise ValueError(f"{self.folder.posts} has no column {min(missing)}: import the community again")
        self._made: dict[str, pl.Series] = {}

    def __len__(self) -> int:
        return self.posts.height

    @property
    def has_text(self) -> bool:
        """Whether the record has its texts."""
        return "text" in self.posts.columns

    @cached_property
    def titled(self) -> bool:
        """Whether the texts of opening posts begin with the thread's title."""
        said = read_source(self.folder.path)
        return bool(said.get("titles", said.get("format") in ("reddit", "stackexchange", "discourse")))

    @cached_property
    def moderation(self) -> pl.DataFrame | None:
        """The acts of moderators beside the record; None where it was given none."""
        return moderation_of(self.folder)

    @cached_property
    def start(self) -> int | None:
        """Minute 0 of the record in minutes since 1970 (UTC); None where the import did not keep it."""
        return start_of(self.folder.path)

    def column(self, name: str) -> pl.Series:
        """A column (n,) by the name of its maker below; `ValueError` where the record cannot tell it."""
        if name not in self._made:
            self._made[name] = _MAKERS[name](self).rename(name)
        return self._made[name]

    def refuse_without(self, lack: str, what: str) -> None:
        """`ValueError` where the record lacks authors, times or parents."""
        refuse_lacking(self.folder.path, (lack,), what)

    @cached_property
    def author(self) -> np.ndarray:
        """Codes (n,) of the authors; -1 where there is none."""
        codes = self.posts["author"].rank("dense").cast(pl.Int64) - 1
        return codes.fill_null(-1).to_numpy()

    @cached_property
    def minute(self) -> np.ndarray:
        """When each post was written: minutes (n,) from the record's beginning."""
        return self.posts["minute"].to_numpy()

    @cached_property
    def opener(self) -> np.ndarray:
        """Bool (n,): the post opens its thread."""
        return (self.posts["kind"] == "thread").to_numpy()

    @cached_property
    def thread(self) -> np.ndarray:
        return self.posts["thread"].to_numpy()

    @cached_property
    def row_of(self) -> dict[int, int]:
        """The row of each post's number."""
        return {post: row for row, post in enumerate(self.posts["post"].to_list())}

    @cached_property
    def first_row(self) -> np.ndarray:
        """Row (n,) of the post that opens each post's thread; -1 where the record lacks it."""
        rows = np.flatnonzero(self.opener)[::-1]
        place = dict(zip(self.thread[rows].tolist(), rows.tolist(), strict=True))
        return np.array([place.get(thread, -1) for thread in self.thread.tolist()], np.int64)

    def of_opener(self, name: str) -> pl.Series:
        """A column read at the post that opened the thread; null where the record lacks that post."""
        rows = _known(self.first_row, self.first_row >= 0)
        return self.column(name).gather(rows)


def earlier(
    group: np.ndarray, minute: np.ndarray, within: int | None, counted: np.ndarray | None = None
) -> np.ndarray:
    """How many rows of the same group (codes; -1: of none) come before each row, in the last `within` minutes (None: ever).

    Rows are in order of time; of one minute those above come first. `counted` (bool) says which rows count.
    """
    size = len(group)
    order = np.lexsort((np.arange(size), minute, group))
    key = group[order] * _APART + minute[order]
    marks = np.ones(size, np.int64) if counted is None else counted[order].astype(np.int64)
    before = np.concatenate([[0], np.cumsum(marks)])
    begins = np.searchsorted(group[order], group[order], side="left")
    if within is not None:
        begins = np.maximum(begins, np.searchsorted(key, key - within, side="right"))
    out = np.empty(size, np.int64)
    out[order] = before[np.arange(size)] - before[begins]
    return out


def _known(values: np.ndarray, known: np.ndarray, dtype: Any = pl.Int64) -> pl.Series:
    return pl.Series(values).cast(dtype).zip_with(pl.Series(known), pl.Series([None], dtype=dtype))


def _words(facts: Facts) -> pl.Series:
    if not facts.has_text:
        raise ValueError(
            f"{facts.folder.path} holds no texts, so no rule can look for words in it: import the record again with its "
            "texts (for a table text=COLUMN in --map), or use a rule on rate, depth, hour or earlier acts"
        )
    return facts.posts["text"]


def _title(facts: Facts) -> pl.Series:
    """Of a post that opens a thread its first paragraph, where an import puts the title; of a reply nothing."""
    if not facts.titled:
        raise ValueError(
            f"the threads in {facts.folder.path} have no titles: import a table again with title=COLUMN in --map, or search the body"
        )
    first = _words(facts).str.extract(r"(?s)\A(.*?)(?:\n\n|\z)", 1)
    return first.zip_with(pl.Series(facts.opener), pl.Series([None], dtype=pl.String))


def _body(facts: Facts) -> pl.Series:
    """What stands after the title, of a reply all of it; empty where there is a title alone."""
    words = _words(facts)
    if not facts.titled:
        return words
    rest = words.str.extract(r"(?s)\A.*?\n\n(.*)\z", 1)
    rest = rest.fill_null("").zip_with(words.is_not_null(), pl.Series([None], dtype=pl.String))
    return rest.zip_with(pl.Series(facts.opener), words)


def _depth(facts: Facts) -> pl.Series:
    """How many posts a reply stands under: 1 for an answer to the opening post; null below a post that is missing."""
    facts.refuse_without("parent", "depth")
    parents = facts.posts["parent"].to_list()
    up = np.array([-1 if one is None else facts.row_of.get(one, -1) for one in parents], np.int64)
    depth = np.zeros(len(facts), np.int64)
    at, row = up.copy(), np.arange(len(facts))
    top = np.arange(len(facts))
    while (going := at >= 0).any() and depth.max() <= len(facts):
        row, at = row[going], at[going]
        depth[row] += 1
        top[row] = at
        at = up[at]
    whole = facts.opener[top] & (depth <= len(facts))
    return _known(depth, whole)


def _hour(facts: Facts) -> pl.Series:
    """Hour of the day, 0 to 23, in UTC; counted from the record's beginning where its clock is not known."""
    facts.refuse_without("time", "hour")
    return pl.Series((facts.minute + (facts.start or 0)) // HOUR % 24)


def _authored(count: Callable[[Facts], np.ndarray], lacks: tuple[str, ...] = ("author", "time")) -> Any:
    """A maker of a number about the author; null where there is no author."""

    def made(facts: Facts) -> pl.Series:
        for lack in lacks:
            facts.refuse_without(lack, "what an author did before")
        return _known(count(facts), facts.author >= 0)

    return made


def _first_seen(facts: Facts) -> np.ndarray:
    first = facts.posts.select(pl.col("minute").min().over("author")).to_series().to_numpy()
    return facts.minute - first


def acts_before(facts: Facts, kinds: tuple[str, ...], what: str) -> np.ndarray:
    """How many acts of these kinds moderators had done on each post's author before it was written."""
    table = facts.moderation
    if table is None or table.drop_nulls("minute").is_empty():
        raise ValueError(
            f"{what} counts acts of moderators with their times, and {facts.folder.path} has none: import with --mod-log. That a "
            "post is gone says nothing of when it went"
        )
    codes = {
        name: code for name, code in zip(facts.posts["author"], facts.author.tolist(), strict=True) if name
    }
    wrote = facts.author.tolist()
    acts = table.filter(pl.col("act").is_in(kinds)).drop_nulls("minute")
    rows = [
        (codes.get(member) if member else wrote[facts.row_of[post]] if post in facts.row_of else None, minute)
        for post, member, minute in acts.select("post", "member", "minute").iter_rows()
    ]
    known = sorted((code, minute) for code, minute in rows if code is not None and code >= 0)
    keys = np.array([code * _APART + minute for code, minute in known], np.int64)
    own = facts.author * _APART
    return np.searchsorted(keys, own + facts.minute, side="left") - np.searchsorted(keys, own, side="left")


def _thread_age(facts: Facts) -> pl.Series:
    facts.refuse_without("time", "the age of a thread")
    there = facts.first_row >= 0
    return _known(facts.minute - facts.minute[np.maximum(facts.first_row, 0)], there)


def _newcomer(facts: Facts) -> pl.Series:
    """Less than a day after the author's first post, which was not on the record's first day; null without an author."""
    first = pl.col("minute").min().over("author")
    new = (pl.col("minute") - first < NEWCOMER_MINUTES) & (first >= NEWCOMER_MINUTES)
    return facts.posts.select(pl.when(pl.col("author").is_not_null()).then(new)).to_series()


def _submitter(facts: Facts) -> pl.Series:
    first = np.maximum(facts.first_row, 0)
    known = (facts.author >= 0) & (facts.first_row >= 0) & (facts.author[first] >= 0)
    return _known(facts.author == facts.author[first], known, pl.Boolean)


_MAKERS: dict[str, Callable[[Facts], pl.Series]] = {
    "text": _words,
    "title": _title,
    "body": _body,
    "depth": _depth,
    "top_level": lambda facts: facts.column("depth") == 1,
    "hour": _hour,
    "newcomer": _newcomer,
    "moderator": lambda facts: facts.posts["role"] == "moderator",
    "submitter": _submitter,
    "author": lambda facts: facts.posts["author"],
    "posts_before": _authored(lambda facts: earlier(facts.author, facts.minute, None)),
    "posts_last_hour": _authored(lambda facts: earlier(facts.author, facts.minute, HOUR)),
    "posts_last_day": _authored(lambda facts: earlier(facts.author, facts.minute, DAY)),
    "threads_last_day": _authored(lambda facts: earlier(facts.author, facts.minute, DAY, facts.opener)),
    "known_for": _authored(_first_seen),
    "removed_before": _authored(lambda facts: acts_before(facts, ("remove",), "removed_before")),
    "warned_before": _authored(lambda facts: acts_before(facts, ("warn",), "warned_before")),
    "suspended_before": _authored(lambda facts: acts_before(facts, ("suspend", "ban"), "suspended_before")),
    "replies_before": lambda facts: pl.Series(earlier(facts.thread, facts.minute, None, ~facts.opener)),
    "replies_last_hour": lambda facts: pl.Series(earlier(facts.thread, facts.minute, HOUR, ~facts.opener)),
    "age": _thread_age,
}
