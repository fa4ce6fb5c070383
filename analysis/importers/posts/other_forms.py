"""Reads ids of parents and threads that were written another way than the posts' own: markers of nothing, decimals, prefixes."""

import polars as pl

from windtunnel.analysis.importers.values.matching import FULLNAME, matched
from windtunnel.analysis.importers.values.missing import MARKERS, whole
from windtunnel.analysis.numbers_in_words import counted

TOP = frozenset({"root", "ROOT", "top"})
"""What some exports write for the parent of a post that answers none."""
MARKS = sorted(MARKERS["id"] - {""})
NUMBERS = ["0", "-1"]
ENOUGH = 0.5
SAMPLED = 1_000
_PREFIX = r"^t[1-6]_."
_DECIMALS = r"^-?\d+(\.0+|,0)$"


def read_otherwise(table: pl.DataFrame, ids: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """`table` (thread, parent, parent_post) with its threads and the parents that `ids` (parent, parent_post) lacks read
    otherwise, and what to say about it.

    A word such as NULL is no thread and no parent, 0 and -1 neither unless a post bears them; 12.0 is 12; t1_x is x. Where the post
    called 0 says that it answers 0, all who say so answer nothing.
    """
    table, threads = _threads(table, ids)
    table, zero = _zero(table)
    table, parents = _parents(table, ids)
    return table, (*threads, *zero, *parents)


def _zero(table: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Posts numbered from 0 with 0 for no parent: the first of them seems to answer itself, and those that open threads seem to answer it."""
    of_zero = pl.col("parent").is_in(NUMBERS) & pl.col("parent_post").is_not_null()
    itself = table.filter(of_zero & (pl.col("parent_post") == pl.col("post")))
    if itself.is_empty():
        return table, []
    none = of_zero & pl.col("parent").is_in(itself["parent"].implode())
    count = table.filter(none).height
    table = table.with_columns(
        pl.when(none).then(None).otherwise(column).alias(column) for column in ("parent", "parent_post")
    )
    name = itself["parent"][0]
    said = (
        f"posts have {name} for a parent, the post {name} too, which cannot answer itself: they answer none"
    )
    return table, [counted(count, said)]


def _parents(table: pl.DataFrame, ids: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    lost = table.filter(pl.col("parent_post").is_null() & pl.col("parent").is_not_null())["parent"]
    if lost.is_empty():
        return table, []
    said = []
    borne = set(ids.filter(pl.col("parent").is_in([*NUMBERS, *TOP]))["parent"])
    marks = [name for name in lost.unique() if whole(name) in (MARKERS["id"] | TOP) - borne]
    marked = lost.filter(lost.is_in(marks))
    if len(marked):
        said.append(counted(len(marked), f"posts have {_some(marked)} for a parent: they answer none"))
        gone = pl.col("parent_post").is_null() & pl.col("parent").is_in(marks)
        table = table.with_columns(parent=pl.when(gone).then(None).otherwise("parent"))
    found = matched(lost.filter(~lost.is_in(marks)).unique().to_list(), ids["parent"])
    if found:
        count = int(lost.is_in(list(found)).sum())
        said.append(
            counted(
                count,
                "replies write the id that they answer another way (as decimals, without <>, or with Reddit's prefix)",
            )
        )
        forms = pl.DataFrame({"parent": list(found), "form": list(found.values())})
        forms = forms.join(ids, left_on="form", right_on="parent", how="left")
        table = table.join(
            forms.rename({"parent_post": "post_so"}), on="parent", how="left", maintain_order="left"
        )
        missing = pl.col("parent_post").is_null()
        table = table.with_columns(
            parent=pl.when(missing).then(pl.coalesce("form", "parent")).otherwise("parent"),
            parent_post=pl.coalesce("parent_post", "post_so"),
        ).drop("form", "post_so")
    return table, said


def _threads(table: pl.DataFrame, ids: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    if table["thread"].str.contains(_DECIMALS).any():
        table = table.with_columns(
            thread=pl.when(pl.col("thread").str.contains(_DECIMALS))
            .then(pl.col("thread").str.replace(r"(\.0+|,0)$", ""))
            .otherwise("thread")
        )
    thread = table["thread"]
    said, marks = [], [mark for mark in MARKS if mark not in NUMBERS]
    borne = set(ids.filter(pl.col("parent").is_in(MARKS))["parent"])
    numbers = [number for number in NUMBERS if number not in borne]
    if (found := thread.filter(thread.is_in(numbers))).len() and _are_posts(table, ids):
        marks += numbers
    marks = [mark for mark in marks if mark not in borne]
    found = thread.filter(thread.is_in(marks))
    if len(found):
        said.append(
            counted(len(found), f"posts have {_some(found)} for a thread: it is told from what they answer")
        )
        table = table.with_columns(
            thread=pl.when(pl.col("thread").is_in(marks)).then(None).otherwise("thread")
        )
    prefixed = thread.filter(thread.str.contains(_PREFIX) & ~thread.is_in(ids["parent"].implode())).unique()
    bare = {name: FULLNAME.sub("", name, count=1) for name in prefixed}
    there = set(ids.filter(pl.col("parent").is_in(list(bare.values())))["parent"])
    forms = {name: form for name, form in bare.items() if form in there}
    if forms:
        table = table.with_columns(thread=pl.col("thread").replace(forms))
    return table, said


def _are_posts(table: pl.DataFrame, ids: pl.DataFrame) -> bool:
    """Whether threads are named by their opening posts, so that 0 names none: then what has 0 for a thread answers
    nothing. Where no post says what it answers, threads that are numbered 0, 1, 2, … are names."""
    if table["parent_post"].is_not_null().any():
        return bool(table.filter(pl.col("thread").is_in(NUMBERS))["parent_post"].is_null().all())
    names = table["thread"].drop_nulls().unique(maintain_order=True)
    numbers = names.cast(pl.Int64, strict=False)
    if numbers.null_count() == 0 and numbers.max() == len(names) - 1:
        return False
    names = names.filter(~names.is_in(NUMBERS)).head(SAMPLED)
    return len(names) > 0 and float(names.is_in(ids["parent"].implode()).mean() or 0) >= ENOUGH  # type: ignore[arg-type]


def _some(words: pl.Series) -> str:
    return ", ".join(words.unique(maintain_order=True).head(3).to_list())
