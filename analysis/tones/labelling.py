"""Labelling an imported community: the posts chosen are kept in labelling.json, key by key, and then told to the record.

The file holds the choice that is labelled now and, under `earlier`, those that were told before it: each has the posts, how many
each stands for, what was heard, the labels so far, and `before`, the counts of `tone_errors.json` when it was told.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.importers.beside.labels import errors_of
from windtunnel.analysis.importers.imported.written import TONE_ERRORS, write_json, write_table
from windtunnel.analysis.tones.by_hand import all_by_hand
from windtunnel.analysis.tones.chances import chances, doubts
from windtunnel.analysis.tones.hearing import decided
from windtunnel.analysis.tones.labels import (
    Found,
    doubt_of,
    measured,
    sample,
    shares_with_limits,
    shift_of,
    shifted,
)
from windtunnel.sim.communities.forum.posts import TONES

LABELLING = "labelling.json"


class Labelling:
    """Posts to label in a folder of `windtunnel import`, the labels so far, and what the reader had said."""

    def __init__(self, folder: Path, count: int, seed: int = 0, thread: int | None = None) -> None:
        """Go on where an earlier session stopped, else draw `count` posts: of all, or of one `thread` those most in doubt.

        Raises `ValueError` where nothing can be labelled, or where labels of another choice wait to be finished.
        """
        self.folder = Folder(folder)
        if not self.folder.posts.is_file():
            raise ValueError(
                f"{folder} holds no posts.parquet: give the output folder of `windtunnel import`"
            )
        self.posts = self.folder.read_table("posts")
        if "text" not in self.posts.columns:
            raise ValueError(f"{folder} holds no words: its record has none, so there is nothing to label")
        self.path = folder / LABELLING
        kept = read_labelling(folder)
        self.earlier: list[dict[str, Any]] = told_before(kept)
        if kept and not kept["told"]:
            if (begun := kept.get("thread")) != thread:
                of = (
                    "the whole record: finish it with" if begun is None else f"thread {begun}: finish it with"
                )
                more = "" if begun is None else f" --thread {begun}"
                raise ValueError(f"labels were begun of {of} `windtunnel label {folder}{more}` first")
            self.kept = self._there(kept)
        else:
            drawn = self._drawn(count, seed) if thread is None else self._doubtful(count, thread)
            self.kept = drawn | {"earlier": self.earlier}
        if not self.kept["posts"]:
            raise ValueError(self._nothing_left(thread))

    def _nothing_left(self, thread: int | None) -> str:
        """Why there is nothing to label."""
        if thread is not None:
            return f"no post with words in thread {thread} of {self.folder.path} is without a label"
        if self.posts.drop_nulls(["tone", "text"]).is_empty():
            return (
                f"no reader has read a post of {self.folder.path}, so there is none to hold a label against: "
                "`--thread N` labels the posts of a thread all the same"
            )
        return f"no post of {self.folder.path} that was read is without a label"

    def _drawn(self, count: int, seed: int) -> dict[str, Any]:
        drawn = sample(self.posts, count, np.random.default_rng(seed))
        return self._begun(drawn.posts, drawn.weights)

    def _doubtful(self, count: int, thread: int) -> dict[str, Any]:
        """The posts of a thread whose tone is least sure, in the order of the thread."""
        if thread not in self.posts["thread"]:
            raise ValueError(
                f"there is no thread {thread} in {self.folder.path}: `windtunnel incidents {self.folder.path}` names some"
            )
        rows = self.posts.filter(pl.col("thread") == thread, pl.col("text").is_not_null())
        if "labelled" in rows.columns:
            rows = rows.filter(~pl.col("labelled").fill_null(False))
        found = pl.Series(doubts(chances(rows)))
        chosen = rows.with_columns(doubt=found).top_k(count, by="doubt")["post"].sort().to_list()
        return self._begun(chosen, [1.0] * len(chosen)) | {"thread": thread}

    def _begun(self, posts: list[int], weights: list[float]) -> dict[str, Any]:
        tones = dict(self.posts.select("post", "tone").iter_rows())
        return {
            "posts": posts,
            "weights": weights,
            "heard": [tones[post] for post in posts],
            "labels": [None] * len(posts),
            "told": False,
            "thread": None,
        }

    def _there(self, kept: dict[str, Any]) -> dict[str, Any]:
        """Without posts that were forgotten meanwhile."""
        there = set(self.posts["post"].to_list())
        return rows_of(kept, [row for row, post in enumerate(kept["posts"]) if post in there])

    @property
    def place(self) -> int | None:
        """The place of the next post to label; None after the last."""
        return next((at for at, label in enumerate(self.kept["labels"]) if label is None), None)

    def shown(self, place: int) -> tuple[dict[str, Any], str | None]:
        """The post there and the words of the one that it answers."""
        row = self.posts.row(by_predicate=pl.col("post") == self.kept["posts"][place], named=True)
        answered = (
            self.posts.filter(pl.col("post") == row["parent"])["text"].to_list() if row["parent"] else []
        )
        return row, (answered or [None])[0]

    def label(self, place: int, tone: str | None) -> None:
        """Keep a label (None: none any more), at once; labels given meanwhile in another window stay.

        Raises `ValueError` where another window has told these labels to the record, or drawn other posts.
        """

        def set_it() -> None:
            self.kept["labels"][place] = tone

        self._change(set_it)

    def _change(self, change: Callable[[], None]) -> None:
        """Change what is kept as it stands in the file now, so that two windows lose nothing."""
        with _alone(self.folder.path):
            now = read_labelling(self.folder.path)
            if now is not None and not now["told"] and now["posts"] == self.kept["posts"]:
                self.kept = now
            elif now is not None and not self._follows(now):
                raise ValueError(
                    f"another window has finished these labels or drawn other posts: `windtunnel label {self.folder.path}` goes on"
                )
            change()
            write_json(self.kept, self.path)

    def _follows(self, now: dict[str, Any]) -> bool:
        """Whether this choice was drawn after what the file holds was told, or has lost posts that were forgotten since."""
        if now["told"]:
            return told_before(now) == self.kept.get("earlier", [])
        return set(self.kept["posts"]) < set(now["posts"])

    def _labelled(self) -> list[int]:
        return [at for at, label in enumerate(self.kept["labels"]) if label not in (None, "skipped")]

    def measured(self) -> list[Found]:
        """Precision and recall by tone of the labels so far."""
        rows = self._labelled()
        return measured(*([self.kept[name][at] for at in rows] for name in ("heard", "labels", "weights")))

    def shares(self) -> list[tuple[float, float, float]]:
        """The share of each tone among the posts that were read, as the labels so far move what was expected, with 95 % limits; none
        without labels, and of labels of one thread."""
        rows = self._labelled()
        if not rows or self.kept["thread"] is not None:
            return []
        given = _given(self.posts)
        asked = _of_labels(self.posts, given, self.kept, rows)
        shift = shift_of(*asked)
        label = {self.kept["posts"][at]: TONES.index(self.kept["labels"][at]) for at in rows}
        sure = self.posts["post"].is_in(list(label)).to_numpy()
        given[sure] = np.eye(3)[[label[post] for post in self.posts["post"].to_numpy()[sure]]]
        return shares_with_limits(given, shift, doubt_of(*asked, shift))

    def tell(self) -> int:
        """Give the record its labels: certain tones, a corrected reader for the others, its errors and the profile fitted again.

        Labels of one thread were not chosen to stand for the record: they leave the other tones and the errors as they are.
        Gives the number of labels. Stopped half-way, the same again ends in the same.
        """
        self._change(self._note_errors)
        rows = self._labelled()
        said = {self.kept["posts"][at]: self.kept["labels"][at] for at in rows}
        of_all = self.kept["thread"] is None
        posts = (
            _corrected(self.posts, self.kept, rows)
            if of_all and "heated" in self.posts.columns
            else self.posts
        )
        if "labelled" not in posts.columns:
            posts = posts.with_columns(labelled=pl.lit(False))
        label = pl.DataFrame(
            {"post": list(said), "label": list(said.values())}, schema={"post": pl.Int64, "label": pl.String}
        )
        posts = posts.join(label, on="post", how="left", maintain_order="left")
        posts = posts.with_columns(
            tone=pl.coalesce("label", "tone"),
            labelled=pl.col("labelled").fill_null(False) | pl.col("label").is_not_null(),
        )
        sure = [
            pl.when(~pl.col("labelled")).then(pl.col(name)).alias(name)
            for name in ("heated", "hostile")
            if name in posts.columns
        ]
        posts = posts.with_columns(sure).select(
            *self.posts.drop("text", "labelled", strict=False).columns, "labelled", "text"
        )
        write_table(posts, self.folder.posts)
        if of_all:
            self._errors(rows)
        self._profile(posts)
        self.kept["told"] = True
        write_json(self.kept, self.path)
        return len(rows)

    def _note_errors(self) -> None:
        if self.kept["thread"] is not None or "before" in self.kept:
            return
        path = self.folder.path / TONE_ERRORS
        told = self.folder.read_json(path) if path.is_file() else {}
        self.kept["before"] = {
            "counts": told.get("counts", {}),
            "scorer": told.get("scorer", "the reader of the import"),
        }

    def _errors(self, rows: list[int]) -> None:
        from collections import Counter

        path, before = self.folder.path / TONE_ERRORS, self.kept["before"]
        counts = Counter(
            {(label, tone): n for label, by in before["counts"].items() for tone, n in by.items()}
        )
        counts.update((self.kept["labels"][at], self.kept["heard"][at]) for at in rows)
        write_json(errors_of(counts, before["scorer"]), path)

    def _profile(self, posts: pl.DataFrame) -> None:
        from windtunnel.analysis.importers.imported.written import PROFILE
        from windtunnel.analysis.profile_fit import fit_profile
        from windtunnel.sim.communities.forum.profile import read_profile, write_profile

        path = self.folder.path / PROFILE
        if not path.is_file():
            return
        old = read_profile(path)
        before = old.source.tone.split("; labelled here: ")[0]
        count = int(posts["labelled"].sum())
        tone = (
            f"all {count:,} set by hand"
            if all_by_hand(posts)
            else f"{before}; labelled here: {count} by hand"
        )
        write_profile(
            fit_profile(posts, name=old.name, tone=tone).model_copy(update={"setting": old.setting}), path
        )


def read_labelling(folder: Path) -> dict[str, Any] | None:
    """What labelling.json of a folder holds; None where there is none."""
    path = folder / LABELLING
    return Folder(folder).read_json(path) if path.is_file() else None


def told_before(kept: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The choices that were told to the record, the oldest first."""
    if kept is None:
        return []
    earlier: list[dict[str, Any]] = list(kept.get("earlier", []))
    return [*earlier, {name: kept[name] for name in kept if name != "earlier"}] if kept["told"] else earlier


def labels_of_all(folder: Path) -> int:
    """How many labels were told to the record that were drawn to stand for it, and so have moved what its reader said."""
    choices = [one for one in told_before(read_labelling(folder)) if one.get("thread") is None]
    return sum(label not in (None, "skipped") for one in choices for label in one["labels"])


def rows_of(kept: dict[str, Any], rows: list[int]) -> dict[str, Any]:
    """A choice of posts with these rows of it alone."""
    some = {name: [kept[name][row] for row in rows] for name in ("posts", "weights", "heard", "labels")}
    return {**kept, "thread": kept.get("thread"), **some}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else changes the labels of the folder meanwhile."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a network path that knows no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _given(posts: pl.DataFrame) -> np.ndarray:
    """What a reader says of each post (n, 3): its probabilities, else what its mere verdict is worth; certain where a label is, NaN
    where there are no words."""
    given = chances(posts)
    given[posts["text"].is_null().to_numpy()] = np.nan
    return given


def _sure(posts: pl.DataFrame) -> np.ndarray:
    if "labelled" not in posts.columns:
        return np.zeros(posts.height, bool)
    return posts["labelled"].fill_null(False).to_numpy()


def _corrected(posts: pl.DataFrame, kept: dict[str, Any], rows: list[int]) -> pl.DataFrame:
    given = _given(posts)
    moved = decided(shifted(given, shift_of(*_of_labels(posts, given, kept, rows))))
    told = pl.Series(~np.isnan(given).any(axis=1) & ~_sure(posts))
    columns = {
        name: moved[name].zip_with(told, posts[name].cast(moved[name].dtype)) for name in moved.columns
    }
    return posts.with_columns(**columns)


def _of_labels(
    posts: pl.DataFrame, given: np.ndarray, kept: dict[str, Any], rows: list[int]
) -> tuple[np.ndarray, list[str], list[float]]:
    """Of the posts to label: what a reader says of each (NaN once the record has its label), the labels, and for how many posts each stands."""
    given = np.where(_sure(posts)[:, None], np.nan, given)
    place = {post: row for row, post in enumerate(posts["post"].to_list())}
    at = [place[kept["posts"][each]] for each in rows]
    return given[at], [kept["labels"][each] for each in rows], [kept["weights"][each] for each in rows]
