"""Reads Discourse: topics as its web address /t/ID.json gives them, and one-post files of discourse-archive.

Fields: Discourse's own serialisers. A reply that names no other post answers the topic, that is post 1.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from windtunnel.analysis.importers.convert import (
    an_object,
    count,
    inner,
    items,
    moment,
    moment_or_none,
    needed,
    parse_json,
    word,
)
from windtunnel.analysis.importers.gathering import Collector
from windtunnel.analysis.importers.lines import TOO_LONG, BrokenOff, bare_name, document, numbered_lines
from windtunnel.analysis.importers.markup import words_of
from windtunnel.analysis.importers.posts import Act, RawAct, RawPost, Status

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
        into.begin(file)
        try:
            for line, value in _values(file, into):
                into.lines += 1
                try:
                    if value == TOO_LONG:
                        raise ValueError("longer than 16 MiB")
                    seen.take(line, parse_json(value))
                except ValueError as error:
                    into.fault(line, str(error))
        except BrokenOff as error:
            into.fault(1, str(error))
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


def _values(file: Path, into: Collector) -> Iterator[tuple[int, bytes]]:
    if Path(bare_name(file)).suffix in (".ndjson", ".jsonl"):
        yield from numbered_lines(file, into.max_bytes, into.told)
    else:
        yield 1, document(file, into.max_bytes, into.told)


class _Topics:
    """Hands posts on as they come; the one that a post answers is named by topic and number, and found at the end."""

    def __init__(self, into: Collector) -> None:
        self._into = into
        self._short = 0
        self._whispers = 0

    def take(self, line: int, value: Any) -> None:
        """A topic, a single post, or a list of them."""
        for each in value if isinstance(value, list) else [value]:
            try:
                self._take(line, an_object(each))
            except ValueError as error:
                self._into.fault(line, str(error))

    def _take(self, line: int, value: dict[str, Any]) -> None:
        stream = inner(value, "post_stream")
        if stream:
            self._topic(line, value, stream)
        elif "post_number" in value and "topic_id" in value:
            self._post(line, needed(value, "topic_id"), value, word(value.get("topic_title")))
        else:
            raise ValueError("neither a topic (post_stream) nor a post (post_number, topic_id)")

    def _topic(self, line: int, topic: dict[str, Any], stream: dict[str, Any]) -> None:
        name, posts = needed(topic, "id"), items(stream, "posts")
        whole = stream.get("stream")
        self._short += isinstance(whole, list) and len(whole) > len(posts)
        for post in posts:
            try:
                self._post(line, name, post, word(topic.get("title")))
            except ValueError as error:
                self._into.fault(line, str(error))
        at = moment_or_none(topic.get("deleted_at"))
        if at is not None:
            by = word(inner(topic, "deleted_by").get("username"))
            self._into.acts.append(RawAct("remove", at, thread=f"topic {name}", actor=by))

    def _post(self, line: int, topic: str, post: dict[str, Any], title: str | None) -> None:
        author = word(post.get("username"))
        at = moment(post.get("created_at"), "created_at")
        kind = post.get("post_type")
        if kind == SMALL_ACTION:
            act = ACTIONS.get(str(post.get("action_code")), "other")
            self._into.acts.append(RawAct(act, at, thread=f"topic {topic}", actor=author))
            return
        if kind == WHISPER:
            self._whispers += 1
            return
        place, identity = count(post.get("post_number")), needed(post, "id")
        if place is None:
            raise ValueError("no post_number")
        status = self._status(post, identity)
        if author:
            self._into.called(author, tuple(filter(None, (word(post.get("name")),))))
        text = _words(post)
        if place == 1 and title and text is not None and not text.startswith(title):
            text = f"{title}\n\n{text}"
        answers = post.get("reply_to_post_number")
        answered = int(answers) if isinstance(answers, (int, str)) and str(answers).isdecimal() else 1
        raw = RawPost(
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
        )
        self._into.keep(line, raw)

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
        if self._short:
            said.append(
                f"{self._short} topics hold only some of their posts: fetch them again with ?print=true"
            )
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
