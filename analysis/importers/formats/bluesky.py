"""Reads Bluesky: threads as getPostThread gives them, and lines of Jetstream.

Fields: the lexicons app.bsky.feed.* and com.atproto.label.*. Labels that others than the author gave are acts of
moderators: `!hide` and `!takedown` remove, `!warn` warns; the newest of a kind counts.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from windtunnel.analysis.importers.clocks.times import in_range, moment, moment_or_none
from windtunnel.analysis.importers.files.lines import bare_name
from windtunnel.analysis.importers.posts.gathering import Collector
from windtunnel.analysis.importers.posts.raw import Act, RawAct, RawPost, Status
from windtunnel.analysis.importers.values.convert import (
    count,
    inner,
    items,
    needed,
    number,
    word,
)
from windtunnel.analysis.numbers_in_words import counted

EXPECTED = (
    "a Bluesky record: threads as app.bsky.feed.getPostThread gives them (.json, or one a line), or lines of "
    "Jetstream (.ndjson), packed or not"
)
POST = "app.bsky.feed.post"
LABELS: dict[str, tuple[Act, Act]] = {
    "!hide": ("remove", "approve"),
    "!takedown": ("remove", "approve"),
    "!suspend": ("suspend", "approve"),
    "!warn": ("warn", "other"),
}
"""The act that a label is, and the act that takes it back; other labels say what a post shows: `other`."""


def read_bluesky(path: Path, into: Collector) -> list[str]:
    """The posts at `path`, the acts that labels and accounts show, and remarks for the user."""
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}: give {EXPECTED}")
    kinds = {".json", ".ndjson", ".jsonl"}
    files = (
        [path]
        if path.is_file()
        else sorted(
            each for each in path.iterdir() if each.is_file() and Path(bare_name(each)).suffix in kinds
        )
    )
    reader = _Reader(into)
    for file in files:
        into.read_values(file, _is_view_or_event, reader.take)
    if not into.posts:
        reason = f"; {next(iter(into.bad_reasons))}" if into.bad_reasons else ""
        raise ValueError(f"{path} is not {EXPECTED}{reason}")
    return list(reader.remarks())


def _is_view_or_event(record: dict[str, Any]) -> bool:
    """A view of a post (alone, or in a thread or feed), a post that is not to be had, or an event of Jetstream."""
    if "commit" in record or isinstance(record.get("kind"), str) or _is_absent(record):
        return True
    return isinstance(record.get("post"), dict) or "uri" in record and "record" in record


def _is_absent(view: dict[str, Any]) -> bool:
    return view.get("notFound") is True or view.get("blocked") is True


class _Reader:
    """Takes one line or document after another; views of one post in several threads count once."""

    def __init__(self, into: Collector) -> None:
        self._into = into
        self._seen: set[str] = set()
        self._absent = 0

    def take(self, value: dict[str, Any]) -> RawPost | None:
        """An event of Jetstream, or a view with all that hangs on it."""
        if "commit" in value or value.get("kind") is not None:
            return self._event(value)
        if "uri" in value and "record" in value:
            return self._view(value)
        self._thread(value)
        return None

    def _thread(self, root: dict[str, Any]) -> None:
        """All posts of a thread view: those above the one asked for, and the replies below."""
        waiting: list[Any] = [root]
        found = False
        while waiting:
            view = waiting.pop()
            if not isinstance(view, dict):
                continue
            if _is_absent(view):
                self._absent, found = self._absent + 1, True
            elif isinstance(view.get("post"), dict):
                found = True
                self._into.also(self._into.line, self._view, view["post"])
            waiting += reversed(items(view, "replies"))
            waiting.append(view.get("parent"))
        if not found:
            raise ValueError("neither a thread (thread.post) nor an event of Jetstream (kind)")

    def _view(self, post: dict[str, Any]) -> RawPost | None:
        name, author, record = needed(post, "uri"), inner(post, "author"), inner(post, "record")
        if name in self._seen:
            return None
        did = word(author.get("did"))
        if did:
            self._handle(did, author.get("handle"), author.get("displayName"))
        seen = moment_or_none(post.get("indexedAt"))
        made = _post(name, did, record, seen)
        likes = count(post.get("likeCount"))
        self._seen.add(name)
        return made._replace(up=likes, status=self._labelled(name, did, items(post, "labels")))

    def _event(self, event: dict[str, Any]) -> RawPost | None:
        kind, did = event.get("kind"), needed(event, "did")
        at = in_range(number(event.get("time_us"), "time_us") / 1e6, "time_us")
        if kind == "identity":
            self._handle(did, inner(event, "identity").get("handle"), None)
        elif kind == "account":
            if inner(event, "account").get("status") in ("takendown", "suspended"):
                self._into.acts.append(RawAct("suspend", at, member=did))
        elif kind != "commit":
            raise ValueError("an event that is neither commit, identity nor account")
        else:
            return self._commit(did, at, inner(event, "commit"))
        return None

    def _commit(self, did: str, at: float, commit: dict[str, Any]) -> RawPost | None:
        if commit.get("collection") != POST:
            return None  # likes, follows and the like are no posts
        name = f"at://{did}/{POST}/{needed(commit, 'rkey')}"
        if commit.get("operation") == "delete":
            self._into.changed[name] = "deleted"
            return None
        if name in self._seen:  # an edit
            return None
        made = _post(name, did, inner(commit, "record"), at)
        self._seen.add(name)
        return made

    def _handle(self, did: str, handle: Any, shown: Any) -> None:
        whole = word(handle)
        names = [whole, whole.split(".")[0] if whole else None, word(shown)]
        self._into.called(did, tuple(filter(None, names)))

    def _labelled(self, name: str, author: str | None, labels: list[dict[str, Any]]) -> Status:
        """The status that the labels of others leave, whose acts are noted."""
        hidden: dict[tuple[str, str], tuple[float, bool]] = {}
        for label in labels:
            value, source = str(label.get("val")), word(label.get("src"))
            if source is None or source == author:  # what an author says about the own post
                continue
            off, at = label.get("neg") is True, moment_or_none(label.get("cts"))
            act = LABELS.get(value, ("other", "other"))[off]
            if at is not None:
                self._into.acts.append(RawAct(act, at, post=name, actor=source))
            key, when = (source, value), at or 0.0
            if value in ("!hide", "!takedown") and when >= hidden.get(key, (0.0, False))[0]:
                hidden[key] = (when, not off)
        return "removed" if any(on for _, on in hidden.values()) else "visible"

    def remarks(self) -> Iterator[str]:
        if self._absent:
            yield counted(self._absent, "posts of these threads were not to be had (blocked or gone)")


def _post(name: str, did: str | None, record: dict[str, Any], seen: float | None) -> RawPost:
    """The post of a record; its own time is the author's word, so it is never later than when it was seen."""
    reply = inner(record, "reply")
    root, parent = (word(inner(reply, each).get("uri")) for each in ("root", "parent"))
    at = moment(record.get("createdAt"), "createdAt")
    text = record.get("text")
    return RawPost(
        id=name,
        parent=parent,
        thread=root or name,
        author=did,
        time=at if seen is None else min(at, seen),
        text=_marked(text, items(record, "facets")) if isinstance(text, str) else None,
        kind="reply" if reply else "thread",
    )


def _marked(text: str, facets: list[dict[str, Any]]) -> str:
    """The text with each mention as its account's id and each link as <url>; facets count bytes of UTF-8."""
    if not facets:
        return text
    raw = text.encode("utf-8", "replace")
    marks = []
    for facet in facets:
        place = inner(facet, "index")
        start, end = count(place.get("byteStart")), count(place.get("byteEnd"))
        for feature in items(facet, "features"):
            what = f"@{feature['did']}" if isinstance(feature.get("did"), str) else None
            what = "<url>" if isinstance(feature.get("uri"), str) else what
            if what and start is not None and end is not None and 0 <= start < end <= len(raw):
                marks.append((start, end, what))
                break
    done = len(raw) + 1
    for start, end, what in sorted(marks, reverse=True):
        if end <= done:  # of facets that overlap, the last stays
            raw, done = raw[:start] + what.encode("utf-8", "replace") + raw[end:], start
    return raw.decode("utf-8", "replace")
