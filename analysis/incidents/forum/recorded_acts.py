"""Every recorded act of a moderator as something to ask about: would it have gone otherwise without it?"""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents.forum.acts import moderation_of
from windtunnel.analysis.why.forum.moderators import KINDS, ModeratorAct, moderators_acts

NOUNS = {"warn": "warning", "suspend": "suspension", "ban": "ban"}


@dataclass(frozen=True)
class RecordedAct:
    """An act at a minute of the record: its kind, what it was done to, and by whom.

    `name` is what `why --without` calls it in its thread; None where it cannot be asked about, and then `reason` says why.
    """

    minute: int
    kind: str
    thread: int | None
    post: int | None
    member: str | None
    actor: str | None
    name: str | None
    reason: str = ""

    def why(self, out: str) -> str:
        """The command that asks about it; empty where it cannot be asked."""
        return f"windtunnel why {shlex.quote(out)} {self.question}" if self.name else ""

    @property
    def question(self) -> str:
        return f"thread:{self.thread} --without {self.name}" if self.name else ""

    def words(self) -> str:
        """What was done, in words."""
        if self.kind == "lock":
            return f"lock of thread {self.thread}"
        if self.kind == "remove":
            return f"removal of post {self.post}"
        return f"{NOUNS[self.kind]} of member {self.member}"


def recorded_acts(out: Path | str) -> list[RecordedAct]:
    """Locks, removals, warnings, suspensions and bans with a time, in their order; `ValueError` where the record has none."""
    folder = Folder(out)
    if folder.manifest.is_file() or not folder.posts.is_file():
        raise ValueError(f"{out} is no imported community: of a run ask why … --without POLICY")
    table = moderation_of(folder)
    acts = None if table is None else table.filter(pl.col("act").is_in(KINDS)).drop_nulls("minute")
    if acts is None or acts.is_empty():
        raise ValueError(
            f"{out} has no acts of moderators with their times: import the record with --mod-log FILE"
        )
    posts = folder.read_table("posts").sort("minute", "post")
    place = dict(posts.select("post", "thread").iter_rows())
    author = dict(posts.select("post", "author").iter_rows())
    known: dict[int, tuple[ModeratorAct, ...]] = {}
    rows = []
    asked: set[tuple[int | None, str | None]] = set()
    for row in acts.iter_rows(named=True):
        member = row["member"] or author.get(row["post"])
        thread = _thread(row, member, place, posts)
        if thread is not None and thread not in known:
            whole = posts.filter(pl.col("thread") == thread)
            known[thread] = moderators_acts(folder, whole) if whole.height else ()
        about = row["post"] if row["act"] == "remove" else None
        whom = member if row["act"] not in ("lock", "remove") else None
        wanted = (row["act"], row["minute"] + 1, about, whom)
        found = [
            one.name
            for one in known.get(thread or 0, ())
            if (one.kind, one.minute, one.post, one.member) == wanted
        ]
        name = next((one for one in found if (thread, one) not in asked), None)
        asked.add((thread, name))
        again = bool(found) and name is None
        reason = "" if name else "it stands in the record twice" if again else _reason(row, thread)
        made = RecordedAct(row["minute"], row["act"], thread, row["post"], whom, row["actor"], name, reason)
        rows.append(made)
    return rows


def _thread(
    row: dict[str, Any], member: str | None, place: dict[int, int], posts: pl.DataFrame
) -> int | None:
    """The thread that an act is about; of an act on a member the one that they had last written in."""
    if row["act"] in ("lock", "remove"):
        return row["thread"] or place.get(row["post"])
    if row["post"] in place:
        return place[row["post"]]
    wrote = posts.filter((pl.col("author") == member) & (pl.col("minute") <= row["minute"]))
    return int(wrote["thread"][-1]) if member and wrote.height else None


def _reason(row: dict[str, Any], thread: int | None) -> str:
    if thread is None:
        return "nobody in the record is known whom it was done to"
    if row["act"] == "lock":
        return "it locked a single reply, or came long after the thread's last post"
    return "it came long after the thread's last post, or was undone in the same minute"
