"""What every reader gives: posts, acts of moderators, names, and the lines that it could not use."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from windtunnel.analysis.importers.clocks.times import When

Status = Literal["visible", "removed", "deleted", "gone"]
"""`removed` by moderators, `deleted` by its author, `gone`: either, the record does not say which."""

Tone = Literal["civil", "heated", "hostile"]

TONES: tuple[Tone, ...] = ("civil", "heated", "hostile")

Act = Literal["lock", "unlock", "remove", "approve", "warn", "suspend", "ban", "other"]

Progress = Callable[[str], None]
"""Told a short sentence now and then during a long import."""

Aliases = tuple[str, ...]


class RawPost(NamedTuple):
    """One post as read, in the source's own names; `time` as `times.read_time` gives it, None where there is none.

    `thread` may be None where only `parent` is known. `kind` is None where it must be told from the parent.
    `other_id` is another id by which a reply, a list of acts or labels may name the post. `author` is what tells
    authors apart; what else they are called goes to `Collector.called`. `tone` is what the record itself says. `title` is the
    thread's, of a post that opens one; the text begins with it too, as a paragraph of its own.
    """

    id: str
    parent: str | None
    thread: str | None
    author: str | None
    time: When
    text: str | None = None
    status: Status = "visible"
    score: int | None = None
    controversial: bool | None = None
    up: int | None = None
    down: int | None = None
    kind: Literal["thread", "reply"] | None = None
    moderator: bool = False
    bot: bool = False
    other_id: str | None = None
    tone: Tone | None = None
    title: str | None = None


class RawAct(NamedTuple):
    """One act of a moderator in the source's own names, on a post, a thread or a member.

    `thread` is the id of a thread or of any post in it. `time` is in the origin of the posts' times; None
    where unknown: then it is that of the post, if the act is in the log of a record without times.
    """

    act: Act
    time: When
    post: str | None = None
    thread: str | None = None
    member: str | None = None
    actor: str | None = None


class BadLine(NamedTuple):
    """A line that could not be used: the file by its number in the order of reading, the line, and why.

    Neither the file's name nor the line's content is kept, since they may tell where the record is from.
    """

    file: int
    line: int
    reason: str
