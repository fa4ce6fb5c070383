"""An imported community as arrays, one row a post in order of time, and the holes in it.

Everything learned from a record starts here:

    record = read_record(Path("out/mine"))
    replies = np.flatnonzero(~record.opens)
    record.author[record.parent[replies]]      # whom each reply answers; -1 where that is not known

Rows are numbered from 0 in order of time; `parent`, `root` and `rows_of_thread` are row numbers, `author` and `thread` are numbers
of their own, from 0. Times are whole minutes since the first post; the hour of day is that of the record's first post plus
whole hours, since an import keeps no dates.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.importers.imported.lacking import lacks_of
from windtunnel.analysis.incidents.forum.acts import NEEDED
from windtunnel.analysis.learned.holes import Hole, find_holes
from windtunnel.analysis.tones.chances import chances
from windtunnel.sim.communities.forum.posts import TONES

UNKNOWN = -1
"""Author of a post whose author the record does not name; parent of a post that answers none that is known."""
VISIBLE, REMOVED, DELETED, GONE = range(4)
"""What became of a post: taken by moderators, by its author, or by either (`GONE`: the record does not say which)."""
_STATUSES = ("visible", "removed", "deleted", "gone")


@dataclass(frozen=True)
class CommunityRecord:
    """Posts in order of time; all arrays have a row a post, (n,) unless said otherwise.

    post: its number in posts.parquet. minute: whole minutes since the first post. thread, author: numbers from 0, threads in order
    of their first post, authors of their first post; `UNKNOWN` for no author. parent: row of the post that it answers; `UNKNOWN`
    for none. opens: whether it is the first post of its thread. depth: answers up to the thread's first post, 0 for that one; a
    reply without a known parent counts as an answer to the first post. status: one of VISIBLE, REMOVED, DELETED, GONE.
    score: NaN where not told, known only afterwards. moderator, bot: what the source said its author is. tone (n, 3):
    probabilities of civil, heated and hostile as the reader of tones gave them, NaN where it gave none. heard: the tone that the
    record takes a post for, 0 civil, 1 heated, 2 hostile, -1 where it has none.
    """

    name: str
    post: np.ndarray
    minute: np.ndarray
    thread: np.ndarray
    parent: np.ndarray
    author: np.ndarray
    opens: np.ndarray
    depth: np.ndarray
    status: np.ndarray
    score: np.ndarray
    moderator: np.ndarray
    bot: np.ndarray
    tone: np.ndarray
    heard: np.ndarray
    authors: tuple[str, ...]
    """Pseudonym of each author number."""
    lacks: tuple[str, ...]
    """Which of author, time, parent and hour the record does not tell at all."""
    holes: tuple[Hole, ...]
    """Spans in which the record shows less than was written; give them no exposure. See `analysis.learned.holes`."""

    def __len__(self) -> int:
        return len(self.post)

    @property
    def threads(self) -> int:
        """How many threads there are."""
        return int(self.thread.max()) + 1 if len(self) else 0

    @cached_property
    def hour(self) -> np.ndarray:
        """Hour of the record's day of each post, 0 to 23; 0 is the hour that began with its first post."""
        return (self.minute // 60) % 24

    @cached_property
    def root(self) -> np.ndarray:
        """Row of each thread's first post, (threads,)."""
        found = np.zeros(self.threads, np.int64)
        found[self.thread[self.opens]] = np.flatnonzero(self.opens)
        return found

    @cached_property
    def known(self) -> np.ndarray:
        """Whether a post has a known author who is no bot."""
        return (self.author >= 0) & ~self.bot

    @cached_property
    def answered(self) -> np.ndarray:
        """Author of the post that each post answers; `UNKNOWN` where there is none or it is not named."""
        return np.where(self.parent >= 0, self.author[self.parent], UNKNOWN)

    def rows_of_thread(self) -> list[np.ndarray]:
        """Rows of each thread's posts in order of time."""
        order = np.argsort(self.thread, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.thread, minlength=self.threads))[:-1])

    def exposed(self, minute: np.ndarray) -> np.ndarray:
        """Whether each minute lies outside every hole."""
        inside = np.zeros(len(minute), bool)
        for hole in self.holes:
            inside |= (minute >= hole.first) & (minute < hole.last)
        return ~inside

    def latest(self, most: int) -> "CommunityRecord":
        """The threads opened in the time of the latest `most` posts, as if the record began there; the whole record if it has no more.

        Author numbers stay, minutes too; threads are numbered anew.
        """
        if len(self) <= most:
            return self
        rows = np.flatnonzero(self.minute[self.root[self.thread]] >= self.minute[len(self) - most])
        number = np.full(len(self) + 1, UNKNOWN)
        number[rows] = np.arange(len(rows))
        kept = {name: getattr(self, name)[rows] for name in _ARRAYS}
        kept["parent"] = number[kept["parent"]]
        kept["thread"] = np.unique(kept["thread"], return_inverse=True)[1]
        holes = tuple(hole for hole in self.holes if hole.last > kept["minute"][0])
        return CommunityRecord(name=self.name, authors=self.authors, lacks=self.lacks, holes=holes, **kept)

    def until(self, rows: int) -> "CommunityRecord":
        """The first `rows` posts, as if the record ended there: author and thread numbers stay, holes are those found in it."""
        cut = {name: getattr(self, name)[:rows] for name in _ARRAYS}
        threads = np.unique(cut["thread"])
        assert len(threads) == (threads.max(initial=-1) + 1)
        holes = find_holes(cut["minute"], cut["opens"], cut["thread"]) if "time" not in self.lacks else ()
        return CommunityRecord(name=self.name, authors=self.authors, lacks=self.lacks, holes=holes, **cut)


_ARRAYS = (
    "post",
    "minute",
    "thread",
    "parent",
    "author",
    "opens",
    "depth",
    "status",
    "score",
    "moderator",
    "bot",
    "tone",
    "heard",
)


def read_record(folder: Path, most: int | None = None) -> CommunityRecord:
    """The record in the folder of an imported community; of more than `most` posts the latest threads that hold about so many.

    `ValueError` for a folder that holds none.
    """
    place = Folder(folder)
    if not place.posts.is_file():
        raise ValueError(f"{folder} holds no posts.parquet: give the folder of a `windtunnel import`")
    posts = place.read_table("posts")
    if missing := NEEDED - set(posts.columns):
        raise ValueError(f"{place.posts} has no column {min(missing)}: import the community again")
    if most is not None and posts.height > most:
        posts = posts.sort("minute", "post")
        begin = posts["minute"][posts.height - most]
        posts = posts.filter(pl.col("minute").min().over("thread") >= begin)
    return record_of(posts, name=folder.resolve().name, lacks=lacks_of(folder))


def record_of(posts: pl.DataFrame, *, name: str = "", lacks: tuple[str, ...] = ()) -> CommunityRecord:
    """The record in a table with the columns of posts.parquet; optional ones may be left out."""
    posts = posts.sort("minute", "post")
    number, minute = posts["post"].to_numpy(), posts["minute"].to_numpy()
    _, first, thread = np.unique(posts["thread"].to_numpy(), return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    thread = order[thread].astype(np.int64)
    opens = np.zeros(len(posts), bool)
    opens[first] = True
    parent = _rows_of(posts["parent"].fill_null(-1).to_numpy(), number)
    parent[parent >= np.arange(len(posts))] = UNKNOWN  # what comes later cannot be answered
    parent[opens] = UNKNOWN
    authors, author = _numbered(posts["author"])
    status = _optional(posts, "status", pl.String, "visible")
    role = _optional(posts, "role", pl.String, "").to_numpy()
    return CommunityRecord(
        name=name,
        post=number,
        minute=minute,
        thread=thread,
        parent=parent,
        author=author,
        opens=opens,
        depth=_depth(parent, opens),
        status=np.array([_STATUSES.index(each) for each in status], np.int8),
        score=_optional(posts, "score", pl.Float64, float("nan")).to_numpy(),
        moderator=role == "moderator",
        bot=role == "bot",
        tone=_tones(posts),
        heard=np.array([TONES.index(each) if each else -1 for each in posts["tone"].to_list()], np.int8),
        authors=tuple(authors),
        lacks=lacks,
        holes=() if "time" in lacks else find_holes(minute, opens, thread),
    )


def _tones(posts: pl.DataFrame) -> np.ndarray:
    """Probabilities of civil, heated and hostile (n, 3). A tone guessed from votes and removals, of a post without words, is
    taken as it is: nothing says how often such a guess errs."""
    found = chances(posts)
    wordless = posts["text"].is_null().to_numpy() if "text" in posts.columns else np.ones(len(posts), bool)
    unread = posts["heated"].is_null().to_numpy() if "heated" in posts.columns else np.ones(len(posts), bool)
    guessed = wordless & unread & posts["tone"].is_not_null().to_numpy()
    codes = np.array([TONES.index(each) for each in posts["tone"].to_numpy()[guessed]], int)
    found[guessed] = np.eye(3)[codes]
    return found


def _optional(posts: pl.DataFrame, column: str, kind: type[pl.DataType], missing: object) -> pl.Series:
    if column not in posts.columns:
        return pl.Series(column, [missing] * posts.height, dtype=kind)
    return posts[column].cast(kind).fill_null(missing)


def _rows_of(wanted: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Row of each wanted post number; `UNKNOWN` where no row has it."""
    if not len(number):
        return np.zeros(0, np.int64)
    order = np.argsort(number)
    at = order[np.clip(np.searchsorted(number[order], wanted), 0, len(number) - 1)]
    return np.where(number[at] == wanted, at, UNKNOWN)


def _numbered(names: pl.Series) -> tuple[list[str], np.ndarray]:
    """The names in order of first appearance, and each row's number among them."""
    firsts = names.drop_nulls().unique(maintain_order=True)
    number = {name: place for place, name in enumerate(firsts.to_list())}
    return firsts.to_list(), np.array([number.get(each, UNKNOWN) for each in names.to_list()], np.int64)


def _depth(parent: np.ndarray, opens: np.ndarray) -> np.ndarray:
    depth = np.zeros(len(parent), np.int64)
    for row in np.flatnonzero(~opens).tolist():
        up = parent[row]
        depth[row] = 1 if up < 0 else depth[up] + 1
    return depth
