"""What moderators did according to a record: acts that are part of its past, and may be taken out of it."""

from collections import Counter
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from windtunnel.analysis.folder import Folder
from windtunnel.policies.forum.single_act import FOR_GOOD, SingleAct

WARNED_HOURS = 24.0
"""How long a warned member remembers it, in a record as in `--warn`."""
GOES_ON = 12 * 60
"""Minutes after the last act of a moderator that a record is lived on for, where nothing more is recorded."""
KINDS = ("lock", "remove", "warn", "suspend", "ban")
_ENDS = {"lock": "unlock", "remove": "approve"}
_WORDS = {
    "lock": "the lock of the thread",
    "remove": "the removal of post {post}",
    "warn": "the warning of member {member}",
    "suspend": "the suspension of member {member}",
    "ban": "the ban of member {member}",
}


class ModeratorAct(NamedTuple):
    """One act: what it is called, its kind, the first minute that it holds in, and the one in which it ends (None: never).

    It holds from the minute after the recorded one on, so that a post of the same minute came before it.
    """

    name: str
    kind: str
    minute: int
    until: int | None
    post: int | None = None
    member: str | None = None

    def words(self) -> str:
        return _WORDS[self.kind].format(post=self.post, member=self.member)


def moderators_acts(folder: Folder, thread: pl.DataFrame) -> tuple[ModeratorAct, ...]:
    """The acts on these posts of one thread and on their authors, within its time, in their order.

    A lock ends when the thread is unlocked, a removal when the post is approved; an absence ends when its member is
    seen to write again, since the record does not say how long it was for. A lock of a single reply, an act on somebody
    who did not write here, and one without a time are left out.
    """
    if not folder.table("moderation").is_file():
        return ()
    place, posts = thread["thread"][0], thread["post"].to_list()
    author = dict(thread.select("post", "author").iter_rows())
    first, last = int(thread["minute"][0]), int(thread["minute"][-1])
    table = folder.read_table("moderation").drop_nulls("minute")
    rows = [
        {**row, "member": row["member"] or author.get(row["post"])}
        for row in table.filter(pl.col("minute").is_between(first, last + GOES_ON)).iter_rows(named=True)
    ]
    locks = [row for row in rows if row["thread"] == place and row["post"] in (None, posts[0])]
    removals = [row for row in rows if row["post"] in author]
    found: list[tuple[str, int, int | None, int | None, str | None]] = []
    for kind, part, about in (("lock", locks, "thread"), ("remove", removals, "post")):
        for row in part:
            if row["act"] == kind:
                ends = [
                    other["minute"] + 1
                    for other in part
                    if other["act"] == _ENDS[kind]
                    and other[about] == row[about]
                    and other["minute"] >= row["minute"]
                ]
                post = row["post"] if kind == "remove" else None
                found.append((kind, row["minute"] + 1, min(ends, default=None), post, None))
    wrote = thread.filter(pl.col("author").is_not_null()).group_by("author").agg("minute")
    written = dict(wrote.iter_rows())
    for row in rows:
        if row["act"] in ("warn", "suspend", "ban") and row["member"] in written:
            start = row["minute"] + 1
            again = min((at for at in written[row["member"]] if at >= start), default=None)
            until = start + round(WARNED_HOURS * 60) if row["act"] == "warn" else again
            found.append((row["act"], start, until, None, row["member"]))
    kept = sorted(
        {one for one in found if one[2] is None or one[2] > one[1]},
        key=lambda one: (one[1], KINDS.index(one[0]), str(one)),
    )
    return _named(kept)


def _named(found: list[tuple[str, int, int | None, int | None, str | None]]) -> tuple[ModeratorAct, ...]:
    """Acts with names: the kind and what it is about, with a number where that comes twice."""
    plain = [
        "-".join(str(part) for part in (kind, post, member) if part is not None)
        for kind, _, _, post, member in found
    ]
    often, seen = Counter(plain), Counter[str]()
    acts = []
    for name, (kind, minute, until, post, member) in zip(plain, found, strict=True):
        seen[name] += 1
        acts.append(
            ModeratorAct(
                f"{name}-{seen[name]}" if often[name] > 1 else name, kind, minute, until, post, member
            )
        )
    return tuple(acts)


def exempt(thread: pl.DataFrame, parent: np.ndarray, acts: tuple[ModeratorAct, ...]) -> np.ndarray:
    """Bool (posts,): replies that came although their thread was locked, or what they answer was gone: no model offers that."""
    out = np.zeros(thread.height, bool)
    numbers, minutes = thread["post"].to_numpy(), thread["minute"].to_numpy()
    for act in acts:
        held = (
            (minutes >= act.minute) & (minutes < (np.inf if act.until is None else act.until)) & (parent >= 0)
        )
        if act.kind == "lock":
            out |= held
        elif act.kind == "remove":
            out |= held & (numbers[parent] == act.post)
    return out


def as_policy(act: ModeratorAct, **ids: Any) -> SingleAct:
    """The act as a policy of a world, in which `ids` name posts, thread and member."""
    kind = "suspend" if act.kind == "ban" else act.kind
    return SingleAct(label=act.name, start=act.minute, until=act.until, act=kind, hours=FOR_GOOD, **ids)  # type: ignore[arg-type]


def picked(acts: tuple[ModeratorAct, ...], name: str, since: int | None) -> tuple[ModeratorAct, ...]:
    """The acts of a kind, or the one called so, from a minute on; `ValueError` where there is none."""
    fitting = tuple(act for act in acts if act.name == name) or tuple(act for act in acts if act.kind == name)
    known = ", ".join(act.name for act in acts) or "none in this thread"
    if not fitting:
        raise ValueError(
            f"no act called {name!r} is in the record (acts of moderators: {known}): ask what an act would have done, with "
            "--lock, --remove, --warn, --suspend or --with"
        )
    late = tuple(act for act in fitting if since is None or act.minute >= since)
    if not late:
        raise ValueError(
            f"{name} was done before the moment of --at: leave --at out to take it away altogether"
        )
    return late
