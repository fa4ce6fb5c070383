"""Reads Discourse: topics as its web address /t/ID.json gives them, and one-post files of discourse-archive.

Fields: Discourse's own serialisers. A reply that names no other post answers the topic, that is post 1.
"""

import re
from pathlib import Path
from typing import Any

from windtunnel.analysis.importers.clocks.times import moment, moment_or_none
from windtunnel.analysis.importers.files.lines import bare_name
from windtunnel.analysis.importers.posts.gathering import Collector
from windtunnel.analysis.importers.posts.raw import Act, RawAct, RawPost, Status
from windtunnel.analysis.importers.text.markup import words_of
from windtunnel.analysis.importers.values.convert import (
    count,
    inner,
    items,
    needed,
    word,
)
from windtunnel.analysis.numbers_in_words import counted

EXPECTED = (
    "a Discourse record: a topic as /t/ID.json gives it (add ?print=true for up to 1,000 posts), a list or lines of "
    "such topics, single posts as discourse-archive writes them, or a folder of these (.json, .ndjson, packed or not)"
)
LIKE = 2
"""The number of a like in `actions_summary`."""
MODERATOR_POST, SMALL_ACTION, WHISPER = 2, 3, 4
ACTIONS: dict[str, Act] = {
    "closed.enabled": "lock",
    "autoclosed.enabled": "lock",
    "archived.enabled": "lock",
    "closed.disabled": "unlock",
    "autoclosed.disabled": "unlock",
    "archived.disabled": "unlock",
    "visible.disabled": "remove",
    "visible.enabled": "approve",
}
"""Small actions with one of our names; the others (pinned, split_topic, …) are `other`."""
_QUOTE = re.compile(r"\[quote(?:=[^\]\n]*)?\].*?\[/quote\]", re.DOTALL)


def read_discourse(path: Path, into: Collector) -> list[str]:
    """The posts and small actions of the topics at `path`, and remarks for the user."""
    seen = _Topics(into)
    for file in _files(path):
        into.read_values(file, _is_topic_or_post, seen.take)
    if not into.posts:
        reason = f"; {next(iter(into.bad_reasons))}" if into.bad_reasons else ""
        raise ValueError(f"{path} is not {EXPECTED}{reason}")
    return seen.remarks()


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}: give {EXPECTED}")
    if path.is_file():
        return [path]
    kinds = (".json", ".ndjson", ".jsonl")
    found = sorted(
        each for each in path.rglob("*") if each.is_file() and Path(bare_name(each)).suffix in kinds
    )
    if not found:
        raise ValueError(f"the folder {path} holds no .json file: give {EXPECTED}")
    return found


def _is_topic_or_post(record: dict[str, Any]) -> bool:
    return "post_stream" in record or "post_number" in record


class _Topics:
    """Hands posts on as they come; the one that a post answers is named by topic and number, and found at the end."""

    def __init__(self, into: Collector) -> None:
        self._into = into
        self._listed: dict[str, set[str]] = {}
        self._there: dict[str, set[str]] = {}
        self._kept: set[str] = set()
        self._whispers = 0
        self._twice = 0

    def take(self, value: dict[str, Any]) -> RawPost | None:
        """A topic, all of whose posts are handed on, or a single post."""
        if inner(value, "post_stream"):
            self._topic(value, inner(value, "post_stream"))
            return None
        if "post_number" in value and "topic_id" in value:
            return self._post(needed(value, "topic_id"), value, word(value.get("topic_title")))
        raise ValueError("neither a topic (post_stream) nor a post (post_number, topic_id)")

    def _topic(self, topic: dict[str, Any], stream: dict[str, Any]) -> None:
        posts = items(stream, "posts")
        name = word(topic.get("id")) or needed(posts[0] if posts else topic, "topic_id")
        whole = stream.get("stream")
        listed = whole if isinstance(whole, list) else []
        self._listed.setdefault(name, set()).update(filter(None, map(word, listed)))
        for post in posts:
            self._into.also(
                self._into.line, lambda post: self._post(name, post, word(topic.get("title"))), post
            )
        at = moment_or_none(topic.get("deleted_at"))
        if at is not None:
            by = word(inner(topic, "deleted_by").get("username"))
            self._into.acts.append(RawAct("remove", at, thread=f"topic {name}", actor=by))

    def _post(self, topic: str, post: dict[str, Any], title: str | None) -> RawPost | None:
        """A post; nothing for a small action, a whisper, or one that came before, since chunks of a topic overlap."""
        identity = needed(post, "id")
        self._there.setdefault(topic, set()).add(identity)
        if identity in self._kept:
            self._twice += 1
            return None
        found = self._read(topic, identity, post, title)
        self._kept.add(identity)
        return found

    def _read(self, topic: str, identity: str, post: dict[str, Any], title: str | None) -> RawPost | None:
        author = word(post.get("username"))
        at = moment(post.get("created_at"), "created_at")
        kind = post.get("post_type")
        if kind == SMALL_ACTION:
            act = ACTIONS.get(str(post.get("action_code")), "other")
            self._into.acts.append(RawAct(act, at, thread=f"topic {topic}", actor=author))
            return None
        if kind == WHISPER:
            self._whispers += 1
            return None
        place = count(post.get("post_number"))
        if place is None:
            raise ValueError("no post_number")
        status = self._status(post, identity)
        if author:
            self._into.called(author, tuple(filter(None, (word(post.get("name")),))))
        text = _words(post)
        if place == 1 and title and text is not None and not text.startswith(title):
            text = f"{title}\n\n{text}"
        answers = word(post.get("reply_to_post_number"))
        answered = int(answers) if answers and answers.isdecimal() and answers != "0" else 1
        return RawPost(
            id=identity,
            parent=None if place == 1 else f"topic {topic} post {answered}",
            thread=f"topic {topic}",
            author=author,
            time=at,
            text=text,
            status=status,
            up=_likes(post),
            kind="thread" if place == 1 else "reply",
            moderator=kind == MODERATOR_POST or post.get("moderator") is True or post.get("admin") is True,
            other_id=f"topic {topic} post {place}",
            title=title if place == 1 else None,
        )

    def _status(self, post: dict[str, Any], identity: str) -> Status:
        if post.get("user_deleted") is True:
            return "deleted"
        at = moment_or_none(post.get("deleted_at"))
        if at is not None:
            by = word(inner(post, "deleted_by").get("username"))
            self._into.acts.append(RawAct("remove", at, post=identity, actor=by))
            return "removed"
        return "removed" if post.get("hidden") is True or post.get("deleted_at") else "visible"

    def remarks(self) -> list[str]:
        said = []
        short = {
            name: len(listed - self._there.get(name, set()))
            for name, listed in self._listed.items()
            if not listed <= self._there.get(name, set())
        }
        if short:
            said.append(
                f"{len(short):,} topics hold only some of their posts ({sum(short.values()):,} are missing): fetch them "
                "again with ?print=true"
            )
        if self._twice:
            said.append(counted(self._twice, "posts came twice, in chunks that overlap; each is kept once"))
        if self._whispers:
            said.append(f"{self._whispers} whispers (seen by staff alone) were left out")
        return said


def _words(post: dict[str, Any]) -> str | None:
    """The text without quotations of other posts, which are others' words."""
    cooked, raw = post.get("cooked"), post.get("raw")
    if isinstance(cooked, str) and cooked:
        return words_of(cooked)
    return _QUOTE.sub("", raw).strip() if isinstance(raw, str) else None


def _likes(post: dict[str, Any]) -> int | None:
    if "actions_summary" not in post:
        return None
    return sum(
        count(each.get("count")) or 0 for each in items(post, "actions_summary") if each.get("id") == LIKE
    )
