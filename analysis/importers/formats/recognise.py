"""Which format a record is in, by its files' names and the beginning of what they hold; and a preview of a table."""

import re
from bisect import bisect_left
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from windtunnel.analysis.importers.files.foreign import HEAD as FOREIGN_HEAD
from windtunnel.analysis.importers.files.foreign import what_it_is
from windtunnel.analysis.importers.files.lines import DEFAULT_MAX_BYTES, bare_name, blocks
from windtunnel.analysis.importers.files.sheets import (
    columns_of,
    layout_of,
    plain_columns,
    sheet_rows,
    table_files,
)
from windtunnel.analysis.importers.formats.mapping import refuse_headless

HEAD = 65_536
"""Bytes of a file that are looked at."""
LOOKED_AT = 200
"""Files of a folder that are looked at."""
TABLES = frozenset({".csv", ".tsv", ".tab", ".parquet", ".json", ".ndjson", ".jsonl"})
_NAMES = (
    ("convokit", re.compile(r"utterances\.jsonl?")),
    ("stackexchange", re.compile(r"Posts\.xml", re.IGNORECASE)),
    ("reddit", re.compile(r"R[CS]_.*")),
    ("mastodon", re.compile(r"outbox\.json")),
)
_WORDS = (
    ("bluesky", (r'"app\.bsky\.feed|"did:plc:|at://did:',)),
    ("convokit", (r'"conversation_id"', r'"reply[-_]to"', r'"(?:speaker|user)"')),
    ("reddit", (r'"(?:subreddit|link_id|subreddit_id)"', r'"created_utc"')),
    ("discourse", (r'"(?:post_stream|topic_id|topic_list|latest_posts|topic_slug)"',)),
    ("mastodon", (r'"(?:in_reply_to_id|inReplyTo|orderedItems)"',)),
    ("stackexchange", (r"<posts\b|<row [^>]*PostTypeId=",)),
)
"""What stands near the beginning of a record of each format; the first whose words are all there is taken."""
LIKELY = {
    "id": (
        "id",
        "comment_id",
        "post_id",
        "tweet_id",
        "status_id",
        "number",
        "message_id",
        "source_id",
        "event_id",
        "object_id",
        "pid",
        "recommendationid",
    ),
    "parent": (
        "parent",
        "parent_id",
        "reply_to",
        "in_reply_to",
        "answers",
        "reply_to_id",
        "in_reply_to_id",
        "reply_to_post_id",
        "parent_post_id",
        "parent_comment_id",
        "reply_to_message_id",
        "reference_message_id",
        "to_pid",
        "comment_parent",
        "comment_path",
        "references",
        "in_reply_to_status_id",
        "in_response_to_tweet_id",
    ),
    "thread": (
        "thread",
        "thread_id",
        "conversation_id",
        "topic",
        "topic_id",
        "link_id",
        "issue",
        "issue_id",
        "discussion",
        "discussion_id",
        "thread_ts",
        "tid",
        "post_id",
        "comment_post_id",
        "issue_url",
    ),
    "author": (
        "author",
        "user",
        "who",
        "by",
        "username",
        "speaker",
        "from",
        "actor",
        "author_name",
        "user_name",
        "author_username",
        "user_username",
        "author_login",
        "user_login",
        "from_name",
        "comment_author",
        "creator_name",
        "author_display_name",
        "display_name",
        "poster",
        "member",
        "sender",
        "sender_full_name",
        "author_id",
        "user_id",
        "poster_id",
        "uid",
        "creator_id",
        "from_id",
        "author_channel_id",
    ),
    "time": (
        "time",
        "created_at",
        "created_utc",
        "timestamp",
        "date_unixtime",
        "date_gmt",
        "comment_date_gmt",
        "post_date_gmt",
        "when",
        "date",
        "created",
        "created_time",
        "created_on",
        "creation_date",
        "posted_at",
        "published",
        "published_at",
        "timestamp_created",
        "post_time",
        "post_date",
        "date_sent",
        "origin_server_ts",
        "ts",
        "comment_date",
        "comment_published",
    ),
    "minute": ("minute",),
    "text": (
        "text",
        "body",
        "content",
        "message",
        "words",
        "comment",
        "selftext",
        "raw",
        "post_text",
        "comment_text",
        "comment_content",
        "comment_body",
        "message_text",
        "post_content",
        "cooked",
        "review",
        "content_body",
        "text_original",
        "text_display",
    ),
    "title": ("title", "subject", "topic_title", "thread_title", "post_title", "issue_title"),
    "kind": ("kind", "subtype", "type", "post_type", "comment_type"),
    "status": ("status", "fate", "state"),
    "score": ("score", "points", "votes"),
    "tone": ("tone", "label"),
    "other_id": ("other_id", "fullname"),
}
"""Names that columns often have, the likeliest first, by what they then are. An author's name goes before an id: only a name says that an
account is deleted, a guest's or a bot's, and is taken out of texts. A time in UTC goes before one of a place."""


class Recognised(NamedTuple):
    """`format` is one of `import`'s; `why` says by what, in a few words."""

    format: str
    why: str


def recognise(path: Path) -> Recognised:
    """The format of the record at `path`; `ValueError` where it is in none that is known.

    >>> recognise(Path("nowhere"))
    Traceback (most recent call last):
    ...
    FileNotFoundError: [Errno 2] No such file or directory: 'nowhere'
    """
    if not path.exists():
        raise FileNotFoundError(2, "No such file or directory", str(path))
    files = (
        sorted(each for each in path.rglob("*") if each.is_file())[:LOOKED_AT] if path.is_dir() else [path]
    )
    for file in files:
        for name, pattern in _NAMES:
            if pattern.fullmatch(bare_name(file)):
                return Recognised(name, f"{file.name} is called so")
    for file in files:
        if (found := _by_words(file)) is not None:
            return found
    tables = [file for file in files if Path(bare_name(file)).suffix.lower() in TABLES]
    if path.is_file() and tables:
        return Recognised("table", f"{path.name} is a table")
    if path.is_dir() and tables:
        if parts := sorted(each for each in path.iterdir() if each.is_dir() and _by_parts(each)):
            some = ", ".join(str(each) for each in parts[:5]) + (", …" if len(parts) > 5 else "")
            raise ValueError(
                f"{path.name} holds folders of JSON, each of which is a table: import one of them ({some})"
            )
        if _by_parts(path):
            return Recognised("table", f"{path.name} holds files of JSON")
    if path.is_file() and (foreign := what_it_is(path.open("rb").read(FOREIGN_HEAD))) is not None:
        raise ValueError(f"{path.name} is in no format that is known; it is {foreign}")
    raise ValueError(
        f"{path.name} is in no format that is known: give an export of Reddit, ConvoKit, Discourse, Stack Exchange, Mastodon or "
        "Bluesky, or a table (.csv, .tsv, .json, .ndjson, .parquet)"
    )


def _by_parts(folder: Path) -> bool:
    """Whether a folder's files are a table together."""
    try:
        return bool(table_files(folder))
    except ValueError:
        return False


def _by_words(file: Path) -> Recognised | None:
    try:
        head = b""
        for block in blocks(file, DEFAULT_MAX_BYTES):
            head += block
            if len(head) >= HEAD:
                break
    except (OSError, ValueError, EOFError):
        return None
    text = head[:HEAD].decode("utf-8", "replace")
    if not text.lstrip("\ufeff \t\r\n").startswith(("{", "[", "<")):
        return None
    for name, patterns in _WORDS:
        if all(re.search(pattern, text) for pattern in patterns):
            return Recognised(name, f"{file.name} begins like one of {name}")
    return None


class Preview(NamedTuple):
    """The columns of a table, its first rows, and which column is probably what (role to column)."""

    columns: list[str]
    rows: list[dict[str, Any]]
    likely: Mapping[str, str]


MOST_COLUMNS = 1_000
"""Columns of a table that is previewed."""


def preview(path: Path, count: int = 8, encoding: str | None = None, separator: str | None = None) -> Preview:
    """The head of a table; `ValueError` where it is none."""
    files = table_files(path)[:LOOKED_AT]
    layout = layout_of(files[0], [], DEFAULT_MAX_BYTES, encoding, separator)
    each_has = [columns_of(file, "a table", DEFAULT_MAX_BYTES, layout) for file in files]
    columns = each_has[0] if len(files) == 1 else list(dict.fromkeys(chain.from_iterable(each_has)))
    path = files[0]
    if len(columns) > MOST_COLUMNS:
        raise ValueError(
            f"{path.name} has {len(columns):,} columns: a table of posts is looked at with {MOST_COLUMNS:,} at most"
        )
    if not likely(columns):
        refuse_headless(path, columns)
    rows: list[dict[str, Any]] = []
    for _, row in sheet_rows(path, plain_columns(path, columns), DEFAULT_MAX_BYTES, None, layout):
        if len(rows) >= count:
            break
        if isinstance(row, dict):
            rows.append(dict.fromkeys(columns) | row)
    return Preview(columns, rows, likely(columns))


def likely(columns: list[str]) -> dict[str, str]:
    """Which of the columns is probably what. A subject is a thread's name where nothing else tells threads.

    >>> likely(["Post_ID", "reply_to", "user", "created_at", "body"])
    {'id': 'Post_ID', 'parent': 'reply_to', 'author': 'user', 'time': 'created_at', 'text': 'body'}
    """
    order = [*sorted(columns), ""]
    values = [
        name
        for name in columns
        if not order[bisect_left(order, f"{name}.", 0, -1 + len(order))].startswith(f"{name}.")
    ]
    plain = {_as_words(name): name for name in reversed(values)}
    found: dict[str, str] = {}
    for role, names in LIKELY.items():
        column = next(
            (plain[name] for name in names if name in plain and plain[name] not in found.values()), None
        )
        if column is not None:
            found[role] = column
    if "time" in found:
        found.pop("minute", None)
    if "id" not in found and "ts" in plain:  # a message of Slack is named by its time
        found = {"id": plain["ts"], **found}
    if "subject" in plain and not found.keys() & {"parent", "thread"}:
        found = {("thread" if column == plain["subject"] else role): column for role, column in found.items()}
    return found


def _as_words(column: str) -> str:
    """A column's name in small letters, with _ between its words.

    >>> _as_words("Reply To"), _as_words("author.userId")
    ('reply_to', 'author_user_id')
    """
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column)
    return re.sub(r"[^a-z0-9]+", "_", apart.lower()).strip("_")
