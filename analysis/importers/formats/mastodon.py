"""Reads Mastodon: statuses as its REST interface gives them, and the outbox.json of an account's archive.

Fields: Mastodon's REST documentation and ActivityStreams 2. Posts that were not for everybody are left out.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from windtunnel.analysis.importers.clocks.times import moment
from windtunnel.analysis.importers.posts.gathering import Collector
from windtunnel.analysis.importers.posts.raw import RawPost
from windtunnel.analysis.importers.text.markup import words_of
from windtunnel.analysis.importers.values.convert import (
    count,
    inner,
    needed,
    word,
)
from windtunnel.analysis.numbers_in_words import counted

EXPECTED = (
    "a Mastodon record: statuses, one JSON object a line (.ndjson) or in a JSON list, threads as "
    "/api/v1/statuses/ID/context gives them, or the outbox.json of an archive (packed or not)"
)
PUBLIC = frozenset(("https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"))
_ACCOUNT = re.compile(r"https?://([\w.:-]+)/(?:@|users/)([\w.-]+)(?:/.*)?")


class _Skipped(NamedTuple):
    boosts: list[int]
    private: list[int]


def read_mastodon(path: Path, into: Collector) -> list[str]:
    """The public posts at `path`, and remarks for the user."""
    if path.is_dir() and (path / "outbox.json").is_file():
        path = path / "outbox.json"  # a whole archive, unpacked
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}: give {EXPECTED}")
    skipped, seen = _Skipped([0], [0]), set[str]()

    def read(value: dict[str, Any]) -> RawPost | None:
        post = _activity(value, into, skipped) if "type" in value else _status(value, into, skipped)
        if post is None or post.id in seen:  # contexts of one thread overlap
            return None
        seen.add(post.id)
        return post

    into.read_values(path, _is_post, read, ("account",))
    if not into.posts:
        reason = f"; {next(iter(into.bad_reasons))}" if into.bad_reasons else ""
        raise ValueError(f"{path} is not {EXPECTED}{reason}")
    return list(_remarks(skipped))


def _is_post(record: dict[str, Any]) -> bool:
    """A status (which has a content, or what it boosts) or an activity; collections are lists around activities."""
    kind = record.get("type")
    if (
        isinstance(kind, str)
        and not kind.endswith(("Collection", "CollectionPage"))
        and "statuses" not in record
    ):
        return True
    return "content" in record or "reblog" in record or "in_reply_to_id" in record


def _status(status: dict[str, Any], into: Collector, skipped: _Skipped) -> RawPost | None:
    if isinstance(status.get("reblog"), dict):
        skipped.boosts[0] += 1
        return None
    if status.get("visibility") in ("private", "direct"):
        skipped.private[0] += 1
        return None
    account = inner(status, "account")
    author = word(account.get("acct"))
    if author:
        host = _ACCOUNT.fullmatch(str(account.get("url") or status.get("uri") or ""))
        names = [word(account.get("username")), word(account.get("display_name"))]
        if host and "@" not in author:
            names.append(f"{author}@{host[1]}")
        into.called(author, tuple(filter(None, names)))
    return RawPost(
        id=needed(status, "id"),
        parent=word(status.get("in_reply_to_id")),
        thread=None,
        author=author,
        time=moment(status.get("created_at"), "created_at"),
        text=_text(status.get("spoiler_text"), status.get("content")),
        up=count(status.get("favourites_count")),
        bot=account.get("bot") is True,
        other_id=word(status.get("uri")),
    )


def _activity(activity: dict[str, Any], into: Collector, skipped: _Skipped) -> RawPost | None:
    """A Note, or the activity that made one; boosts are no posts of their own."""
    kind = activity.get("type")
    if kind == "Announce":
        skipped.boosts[0] += 1
        return None
    if kind in ("Delete", "Tombstone"):
        what = activity.get("object", activity)
        gone = word(what.get("id") if isinstance(what, dict) else what)
        if gone:
            into.changed[gone] = "deleted"
        return None
    note = inner(activity, "object") if kind == "Create" else activity
    if note.get("type") not in ("Note", "Article", "Question"):
        raise ValueError("an activity that makes no post")
    if not PUBLIC & {*_addressed(note), *_addressed(activity)}:
        skipped.private[0] += 1
        return None
    author = word(note.get("attributedTo")) or word(activity.get("actor"))
    if author and (found := _ACCOUNT.fullmatch(author)):
        into.called(author, (found[2], f"{found[2]}@{found[1]}"))
    return RawPost(
        id=needed(note, "id"),
        parent=word(note.get("inReplyTo")),
        thread=word(note.get("conversation")) or word(note.get("context")),
        author=author,
        time=moment(note.get("published") or activity.get("published"), "published"),
        text=_text(note.get("summary"), note.get("content")),
        other_id=word(note.get("url")),
    )


def _addressed(record: dict[str, Any]) -> Iterator[str]:
    for field in ("to", "cc"):
        value = record.get(field)
        yield from (each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str))


def _text(warning: Any, content: Any) -> str | None:
    """The post's words, a content warning before them."""
    said = words_of(content) if isinstance(content, str) else None
    return f"{warning}\n\n{said or ''}".strip() if isinstance(warning, str) and warning else said


def _remarks(skipped: _Skipped) -> Iterator[str]:
    if skipped.boosts[0]:
        yield f"{skipped.boosts[0]:,} boosts were left out: they repeat another's words"
    if skipped.private[0]:
        yield counted(skipped.private[0], "posts that were not for everybody were left out")
