"""Reads a table of posts, CSV, Parquet or JSON, whose columns the user maps to roles."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from html import unescape
from itertools import chain
from pathlib import Path
from typing import Any, Literal, TypeVar

from windtunnel.analysis.importers.clocks.clock import Kind
from windtunnel.analysis.importers.clocks.times import Bare, EitherWay, SinceStart, When, read_time
from windtunnel.analysis.importers.files.json_rows import ABOVE
from windtunnel.analysis.importers.files.sheets import (
    Layout,
    columns_of,
    is_json,
    is_unicode,
    layout_of,
    not_unicode,
    sheet_rows,
    table_files,
)
from windtunnel.analysis.importers.formats.mapping import as_spelt, check_columns, check_roles, nearest_valid
from windtunnel.analysis.importers.posts.gathering import Collector
from windtunnel.analysis.importers.posts.placeholders import placeholder
from windtunnel.analysis.importers.posts.raw import RawPost, Status, Tone
from windtunnel.analysis.importers.text.markup import words_with_quotes
from windtunnel.analysis.importers.text.spelling import written_once
from windtunnel.analysis.importers.values.missing import empty, word
from windtunnel.analysis.importers.values.nested import plain, refuse_nested
from windtunnel.analysis.numbers_in_words import counted

EXPECTED = (
    "a table of posts: a .csv, .tsv, .json, .ndjson (packed or not) or .parquet file, a row a post, with --map naming "
    "its columns"
)

T = TypeVar("T")

STATUS_VALUES: dict[str, Status] = {
    "": "visible",
    "visible": "visible",
    **dict.fromkeys(("published", "publish", "public", "active", "live"), "visible"),
    **dict.fromkeys(("spam", "trash", "trashed", "hidden", "rejected", "blocked"), "removed"),
    "ok": "visible",
    "kept": "visible",
    "approved": "visible",
    "author_gone_text_kept": "visible",
    "removed": "removed",
    "removed_by_mods": "removed",
    "removed_by_moderators": "removed",
    "moderator": "removed",
    "deleted": "deleted",
    "deleted_by_author": "deleted",
    "author": "deleted",
    "gone": "gone",
    "removed_or_deleted": "gone",
    "gone_link_post": "gone",
}
KIND_VALUES: dict[str, Literal["thread", "reply"]] = {
    **dict.fromkeys(
        ("thread", "submission", "question", "topic", "post", "t3", "story", "poll", "job"), "thread"
    ),
    **dict.fromkeys(("reply", "comment", "answer", "t1"), "reply"),
}
ORDINARY = frozenset(
    {
        "default",
        "message",
        "text",
        "m.room.message",
        "bot_message",
        "file_share",
        "me_message",
        "thread_broadcast",
    }
)
"""Kinds of chats that do not tell what opens a thread."""
OF_THE_PLATFORM = frozenset(
    {
        "service",
        "pingback",
        "trackback",
        "m.room.member",
        "m.room.topic",
        "m.room.name",
        "m.room.create",
        "m.room.power_levels",
    }
    | {"guildmemberjoin", "threadcreated", "channelpinnedmessage", "recipientadd", "recipientremove", "call"}
    | {
        "channelnamechange",
        "channeliconchange",
        "userpremiumguildsubscription",
        "channel_archive",
        "channel_unarchive",
    }
    | {
        f"{place}_{what}"
        for place in ("channel", "group")
        for what in ("join", "leave", "topic", "purpose", "name")
    }
    | {"pinned_item", "unpinned_item", "bot_add", "bot_remove", "reminder_add"}
)
"""Kinds of rows that a platform writes about what was done (Discord, Slack, Telegram, Matrix, WordPress): nobody's posts."""
TONE_VALUES: dict[str, Tone] = {"civil": "civil", "heated": "heated", "hostile": "hostile"}
BOOLEAN_VALUES = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def read_table(
    path: Path,
    mapping: Mapping[str, str],
    into: Collector,
    where: Mapping[str, str] | None = None,
    encoding: str | None = None,
    separator: str | None = None,
) -> list[str]:
    """The posts in the rows of `path`, whose columns `mapping` (role to column) names.

    `where` (column to value) chooses rows, compared as text. `encoding` and `separator` are those of a CSV file, where
    they are not told from its head.
    """
    files = table_files(path, EXPECTED)
    check_roles(mapping)
    where, passed_over = where or {}, 0
    into.times = Kind(own_start="at 0", spreadsheet=True, advice=" (minutes: --map minute=COLUMN)")
    layout = layout_of(files[0], [*mapping.values(), *where], into.max_bytes, encoding, separator)
    each_has = [columns_of(file, EXPECTED, into.max_bytes, layout) for file in files]
    columns = each_has[0] if len(files) == 1 else list(dict.fromkeys(chain.from_iterable(each_has)))
    mapping = as_spelt(mapping, columns)
    where = {as_spelt({"": column}, columns)[""]: value for column, value in where.items()}
    check_columns(path, mapping, columns)
    check_columns(path, {f"--where {column}": column for column in where}, columns)
    within, filled, zoned, of_platform = _needed(mapping), set[str](), Counter[bool](), Counter[str]()
    told = [*mapping.values(), *where]
    for file, number, row in _rows(files, told, into, layout, within):
        if isinstance(row, dict):
            filled |= {role for role, column in mapping.items() if not empty(row[column], "text")}
            if isinstance(at := row.get(mapping.get("time", "")), str) and ":" in at:
                zoned[_ZONE.search(at) is not None] += 1
        if isinstance(row, dict) and any(word(row[each]) != value for each, value in where.items()):
            passed_over += 1
            continue
        kind = row.get(mapping.get("kind", "")) if isinstance(row, dict) else None
        if isinstance(kind, str) and kind.strip().casefold() in OF_THE_PLATFORM:
            of_platform[kind.strip()] += 1
            continue
        if isinstance(row, dict) and encoding is None and not all(map(is_unicode, row.values())):
            if is_json(file):
                row = {column: _whole_signs(value, into) for column, value in row.items()}
                into.add(number, lambda row: _post(by_role(row, mapping, into), into), row)
                continue
            raise ValueError(not_unicode(file, number, encoding))
        into.add(number, lambda row: _post(by_role(row, mapping, into), into), row)
    if not into.posts:
        if passed_over:
            chosen = ", ".join(f"{column}={value}" for column, value in where.items())
            raise ValueError(f"{path} has no row with {chosen} that could be read")
        if of_platform:
            raise ValueError(f"{path} has no posts: its rows are the platform's own ({_most(of_platform)})")
        first = f"; line {into.bad[0].line}: {into.bad[0].reason}" if into.bad else "; it has no rows"
        raise ValueError(f"{path} is not {EXPECTED}{first}")
    said = [*layout.said, *_never_filled(mapping, filled)]
    if of_platform:
        rows = counted(of_platform.total(), "rows are the platform's own and nobody's posts")
        said.append(f"{rows} ({_most(of_platform)}): left out")
    if zoned[True] and zoned[False]:
        without = counted(zoned[False], "times of day name no zone, and others do")
        said.append(f"{without}: those without are read as UTC")
    if not mapping.keys() & {"parent", "thread"} and not into.counted[INSIDE]:
        said.append(
            "no column says what answers what, nor what thread: all rows are taken as one flat thread"
        )
    return [*said, counted(passed_over, "rows were not chosen by --where")] if passed_over else said


def _most(kinds: Counter[str]) -> str:
    """The commonest kinds of rows.

    >>> _most(Counter({"channel_join": 3, "bot_add": 1}))
    'channel_join, bot_add'
    """
    return ", ".join(kind for kind, _ in kinds.most_common(5)) + (", …" if len(kinds) > 5 else "")


def _rows(
    files: list[Path], columns: list[str], into: Collector, layout: Layout, within: list[str]
) -> Iterator[tuple[Path, int, dict[str, Any] | str]]:
    """The rows of the files one after the other, each with its file and number."""
    for file in files:
        into.begin(file)
        for number, row in sheet_rows(file, columns, into.max_bytes, into.told, layout, within):
            yield file, number, row


INSIDE = "posts stand in a list inside another post: read as answers to it where they name none"


def by_role(
    row: Mapping[str, Any] | str, mapping: Mapping[str, str], into: Collector | None = None
) -> dict[str, Any]:
    """The cells of a row by role; `ValueError` for a row that could not be read, or is not Unicode."""
    if isinstance(row, str):
        raise ValueError(row)
    cells = {role: plain(row[column]) if role in WORDS else row[column] for role, column in mapping.items()}
    for role, said in cells.items():
        if isinstance(said, str) and not said.isascii() and (meant := written_once(said)) != said:
            cells[role] = meant
            if into is not None:
                into.count(
                    f"cells of {role} are UTF-8 that was written as UTF-8 once more (Ã© for é): read as was meant"
                )
    if ABOVE in row and empty(cells.get("parent"), "id"):
        cells["parent"] = row[ABOVE]
    if row.get(ABOVE) is not None and into is not None:
        into.count(INSIDE)
    for role, column in mapping.items():
        refuse_nested(cells[role], role, column)
    if not all(map(is_unicode, cells.values())):
        raise ValueError("cannot be decoded")
    return cells


WORDS = ("text", "title")


def _whole_signs(value: Any, into: Collector) -> Any:
    """A text without halves of signs, which JSON can write and Unicode does not have; each cell is counted."""
    if is_unicode(value):
        return value
    into.count("cells held half of a sign (a lone surrogate), which became a question mark")
    return value.encode("utf-8", "replace").decode()


_ZONE = re.compile(r"(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}|[A-Z][A-Za-z_]+/[A-Z][A-Za-z_/]+\]?)\s*$")


def _needed(mapping: Mapping[str, str]) -> list[str]:
    """The columns that an object in a list of a row must have to be a row too, the id first; none where too few are mapped."""
    columns = [mapping[role] for role in ("id", "text", "time", "minute", "author") if role in mapping]
    return list(dict.fromkeys(columns)) if len(columns) > 2 else []


def _never_filled(mapping: Mapping[str, str], filled: set[str]) -> list[str]:
    return [
        f"{column} (for {role}) is empty in every row: is it the column that was meant?"
        for role, column in mapping.items()
        if role not in filled
    ]


ONE_THREAD = "all rows"
"""The thread of a record that tells neither threads nor who answers whom."""


def _post(row: dict[str, Any], into: Collector) -> RawPost:
    """One row read by the rules of `ROLES`; `ValueError` says which needed cell cannot be read.

    A cell that is not needed and cannot be read is empty, and counted.
    """
    name = None if empty(row.get("id")) else word(row.get("id"))
    if name is None:
        raise ValueError("no id")
    text = None if row.get("text") is None else _words(str(row["text"]), into)
    title = None if empty(row.get("title"), "text") else str(row["title"]).strip()
    if title and not placeholder(text):
        text = f"{title}\n\n{text or ''}".strip()

    def read(role: str, values: Mapping[str, T]) -> T | None:
        if _nothing(into, role, row.get(role)):
            return None
        return _optional(into, role, lambda: _one_of(row.get(role), values, role))

    if "thread" in row and "parent" not in row and empty(row["thread"]):
        into.count(
            "posts name no thread, and no column says what they answer: each is taken as a thread of its own (cells of a sheet "
            "that were merged are empty below the first: fill them)"
        )
    score, up, down = (_count(row, role, into) for role in ("score", "up", "down"))
    return RawPost(
        id=name,
        parent=_parent(word(row.get("parent")), name, into),
        thread=word(row.get("thread")) if row.keys() & {"parent", "thread"} else ONE_THREAD,
        author=word(row.get("author")),
        time=_time(row),
        text=text,
        title=title or None,
        status=read("status", STATUS_VALUES) or "visible",
        kind=_kind(row, read),
        score=up - down if score is None and up is not None and down is not None else score,
        up=up,
        down=down,
        controversial=read("controversial", BOOLEAN_VALUES),
        other_id=None if empty(row.get("other_id")) else word(row.get("other_id")),
        tone=read("tone", TONE_VALUES),
    )


def _kind(
    row: Mapping[str, Any],
    read: Callable[[str, Mapping[str, Literal["thread", "reply"]]], Literal["thread", "reply"] | None],
) -> Literal["thread", "reply"] | None:
    """What the kind of a row says of its place in a thread: nothing for an ordinary message of a chat."""
    said = row.get("kind")
    return (
        None if isinstance(said, str) and said.strip().casefold() in ORDINARY else read("kind", KIND_VALUES)
    )


_TAGS = re.compile(
    r"</?(?:p|br|div|blockquote|a|i|b|em|strong|code|pre|ul|ol|li|span)(?:\s[^<>]*)?/?>", re.IGNORECASE
)
_SIGNS = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos|nbsp);")


def _words(text: str, into: Collector) -> str:
    """A text without HTML: its words where it has tags, its signs where it has &#39; and the like; both are counted."""
    if "<" in text and _TAGS.search(text):
        into.count("texts are HTML: read as their words, with > before what a blockquote quotes")
        return words_with_quotes(text)
    if "&" in text and _SIGNS.search(text):
        into.count("texts write signs as HTML does, such as &amp; for &: read as those signs")
        return unescape(text)
    return text


_REFERENCES = re.compile(r"(?:<[^<>\s]+>[\s,]+)+(<[^<>\s]+>)")
_ONE_MAIL = re.compile(r"<([^<>\s@]+@[^<>\s]+)>")
_PATH = re.compile(r"\w+(?:\.\w+)+|/?\w+(?:/\w+)+/?|/\w+/?")


def _parent(said: str | None, own: str, into: Collector) -> str | None:
    """The post that is answered; of a path from the top that ends in the post itself, such as Lemmy's 0.1.5, the one before."""
    if said and (several := _REFERENCES.fullmatch(said)):
        into.count("posts name several mails that they answer: the last of them is taken")
        return several[1]
    if said and not (said[0] == "<" and said[-1] == ">") and len(mails := _ONE_MAIL.findall(said)) == 1:
        into.count("posts name the mail that they answer among other words: its id is taken")
        return f"<{mails[0]}>"
    if said is None or ("." not in said and "/" not in said) or not _PATH.fullmatch(said):
        return said
    *above, last = re.split(r"[./]", said.strip("/"))
    if last != own or not (above or said[0] == "/"):
        return said
    into.count("posts give the path from the top (as 0.1.5) for a parent: read as the one before the last")
    return None if not above or above[-1] in ("0", "root") else above[-1]


def _nothing(into: Collector, role: str, value: Any) -> bool:
    """Whether a cell stands for nothing; a word that says so, such as NULL, is counted."""
    if isinstance(value, str) and value.strip() and empty(value):
        into.count(f"cells of {role} hold a word for nothing, such as NULL, and count as empty")
    return empty(value)


def _optional(into: Collector, role: str, read: Callable[[], T | None]) -> T | None:
    """What `read` gives; nothing, and counted, where it cannot read the cell."""
    try:
        return read()
    except ValueError as error:
        into.count(f"cells of {role} could not be read and count as empty ({error})")
        return None


def _time(row: Mapping[str, Any]) -> When:
    if "minute" not in row:
        return read_time(row.get("time"))
    if empty(row["minute"]):
        return None
    minutes = _number(row["minute"], "minute") * 60
    if "day" not in row:
        return SinceStart(minutes)
    day = read_time(row["day"], "day")
    if isinstance(day, (Bare, EitherWay)):
        raise ValueError("day is not an ISO date")
    return None if day is None else day + minutes


def _one_of(value: Any, values: Mapping[str, T], role: str) -> T | None:
    said = (word(value) or str(value)).strip().casefold()
    if said in values:
        return values[said]
    # The word itself is not said: where a column is mistaken it may be a name.
    raise ValueError(nearest_valid(said, [each for each in values if each]))


def _number(value: Any, role: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{role} is not a number") from None
    if not math.isfinite(number) or abs(number) > 1e14:
        raise ValueError(f"{role} is not a finite number")
    return number


def _count(row: Mapping[str, Any], role: str, into: Collector) -> int | None:
    value = row.get(role)
    if _nothing(into, role, value):
        return None
    found = _optional(into, role, lambda: _number(value, role))
    if found is not None and not found.is_integer():
        into.count(f"cells of {role} have decimals, which were cut off")
    return None if found is None else int(found)
