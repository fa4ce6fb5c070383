"""Reads Reddit records: Pushshift and Arctic Shift lines of JSON, comments (RC_*) and submissions (RS_*).

Fields and their quirks by year: Arctic Shift's monthly schemas, 2005-12 to 2026-01.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from windtunnel.analysis.importers.clocks.clock import Kind
from windtunnel.analysis.importers.clocks.times import When, read_time
from windtunnel.analysis.importers.files.lines import SUFFIXES
from windtunnel.analysis.importers.posts.gathering import Collector
from windtunnel.analysis.importers.posts.placeholders import placeholder
from windtunnel.analysis.importers.posts.raw import Act, RawAct, RawPost, Status
from windtunnel.analysis.importers.values.convert import count
from windtunnel.analysis.importers.values.matching import FULLNAME
from windtunnel.analysis.importers.values.missing import MARKERS, MOST, absent, empty

EXPECTED = (
    "a Reddit record: an RC_* file of comments, an RS_* file of submissions, or a folder with both, one JSON "
    "object a line (.ndjson, .jsonl, plain or packed), comments with id, author, body, created_utc, link_id, "
    "parent_id and submissions with id, author, title, created_utc"
)

REMOVERS = frozenset(
    {
        "removed",
        "removed by reddit",
        "moderator",
        "automod_filtered",
        "reddit",
        "anti_evil_ops",
        "content_takedown",
        "copyright_takedown",
        "community_ops",
    }
)
"""Values of `_meta.removal_type` and `removed_by_category` that mean somebody other than the author."""
DELETERS = frozenset({"deleted", "author"})
FOUNDED = 1_117_584_000
"""Unix seconds of 2005-06-01, the month in which Reddit began."""


def read_reddit(path: Path, into: Collector) -> list[str]:
    """The posts in `path`, and remarks; `ValueError` if not one line of it is a comment or a submission."""
    files, passed_over = _files(path)
    kinds: set[str | None] = set()
    subreddits: set[str] = set()

    def read(record: dict[str, Any]) -> RawPost | None:
        if _is_listing(record):  # the interface's own frame around a post
            record = record["data"]
        if "body" in record and ("link_id" in record or "parent_id" in record):
            post = _comment(record)
            _count_guesses(record, into)
        elif "title" in record:
            post = _submission(record)
        else:
            raise ValueError("neither a comment (body, link_id) nor a submission (title)")
        kinds.add(post.kind)
        if isinstance(record.get("subreddit"), str) and len(subreddits) < 100:
            subreddits.add(record["subreddit"])
        if "banned_at_utc" in record or "approved_at_utc" in record:
            into.acts.extend(_acts(record, post.id))
        return post

    into.times = Kind(earliest=FOUNDED, name="created_utc")
    for file in files:
        into.read_values(file, _is_post, read)
    if not into.posts:
        reason = f"; {files[0].name}: {next(iter(into.bad_reasons))}" if into.bad_reasons else ""
        raise ValueError(f"{path} is not {EXPECTED}{reason}")
    remarks = list(_remarks(kinds, subreddits))
    if passed_over:
        remarks.append(
            f"{len(passed_over)} other files in the folder were left unread: {', '.join(passed_over[:5])}"
        )
    return remarks


def _files(path: Path) -> tuple[list[Path], list[str]]:
    """The files to read, and the names of those in the same folder that are not."""
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}: give {EXPECTED}")
    if path.is_file():
        return [path], []
    files = sorted(each for each in path.iterdir() if each.is_file())
    found = [each for each in files if each.name.startswith(("RC_", "RS_"))] or [
        each for each in files if {".ndjson", ".jsonl", ".json", ".zst"} & set(each.suffixes)
    ]
    # A dump and its unpacked copy side by side are one record.
    plain = {each.stem for each in found if each.suffix not in SUFFIXES}
    plain |= {each.name for each in found if each.suffix not in SUFFIXES}
    found = [each for each in found if each.suffix not in SUFFIXES or each.stem not in plain]
    if not found:
        raise ValueError(f"the folder {path} holds no RC_* or RS_* file: give {EXPECTED}")
    return found, [each.name for each in files if each not in found]


def _is_listing(record: dict[str, Any]) -> bool:
    return record.get("kind") in ("t1", "t3") and isinstance(record.get("data"), dict)


def _is_post(record: dict[str, Any]) -> bool:
    return _is_listing(record) or "body" in record or "title" in record


def _count_guesses(record: dict[str, Any], into: Collector) -> None:
    parent = record["parent_id"]
    if isinstance(parent, str) and FULLNAME.match(parent):
        return
    if _fullname(parent, "t1_") is None:
        into.count("comments have null for a parent: read as answers to the opening post")
    elif isinstance(parent, (int, float)):
        into.count("comments have a number for a parent: read as its id in base 36")


def _comment(record: dict[str, Any]) -> RawPost:
    thread = _fullname(record.get("link_id"), "t3_")
    if "parent_id" not in record:
        raise ValueError("no parent_id")
    parent = _fullname(record["parent_id"], "t1_")
    if parent is None or thread and parent.removeprefix("t1_") == thread.removeprefix("t3_"):
        parent = thread  # null, or the number of the opening post itself
    if parent is None:
        raise ValueError("neither link_id nor parent_id")
    return RawPost(
        id=_id(record, "t1_"),
        parent=parent,
        thread=thread,
        kind="reply",
        **_common(record, _text(record, "body")),
    )


def _submission(record: dict[str, Any]) -> RawPost:
    title, body = _text(record, "title"), record.get("selftext") or ""
    if not isinstance(body, str):
        raise ValueError("selftext is not a text")
    text = body if placeholder(body) or body.startswith(title) else f"{title}\n\n{body}".strip()
    name = _id(record, "t3_")
    about = _common(record, text)
    return RawPost(id=name, parent=None, thread=name, kind="thread", title=title or None, **about)


def _common(record: dict[str, Any], text: str) -> dict[str, Any]:
    author = record.get("author")
    if absent(author):
        author = None
    elif not isinstance(author, str):
        raise ValueError("author is not a text")
    return {
        "author": author,
        "time": _seconds(record.get("created_utc")),
        "text": text,
        "status": _status(record),
        "score": count(record.get("score")),
        "controversial": bool(record["controversiality"]) if "controversiality" in record else None,
        "moderator": record.get("distinguished") in ("moderator", "admin"),
    }


def _status(record: dict[str, Any]) -> Status:
    """Removed or deleted: what the archive noted, then Reddit's category. What replaced the text is read later."""
    meta = record.get("_meta")
    if not isinstance(meta, dict):
        if record.get("removed_by_category") is None:
            return "visible"
        meta = {}
    for said in (meta.get("removal_type"), record.get("removed_by_category")):
        if isinstance(said, str) and said in REMOVERS:
            return "removed"
        if isinstance(said, str) and said in DELETERS:
            return "deleted"
    return "gone" if meta.get("was_deleted_later") else "visible"


def _id(record: dict[str, Any], prefix: str) -> str:
    """The full name, built: dumps of 2005 and 2016-2021 have no `name`."""
    value = record.get("id")
    if absent(value):
        raise ValueError("no id")
    if isinstance(value, str) and value.isalnum() and value not in _NO_ID or value in _BASE36_WORDS:
        return prefix + value
    found = _fullname(value, prefix)
    if found is None:
        raise ValueError("no id")
    return found


_NO_ID = MARKERS["id"]
_BASE36_WORDS = ("na", "nan", "nil", "none", "null")
"""Numbers of posts of 2005 and 2006 in base 36."""


def _fullname(value: Any, prefix: str) -> str | None:
    """An id with its kind before it: old dumps write it bare (then `prefix` is its kind) or as a number, which stands for base 36.

    >>> _fullname("t3_c2", "t1_"), _fullname("c2", "t1_"), _fullname(434, "t1_"), _fullname(434.0, "t1_")
    ('t3_c2', 't1_c2', 't1_c2', 't1_c2')
    """
    if isinstance(value, str) and FULLNAME.match(value) and not value[-1].isspace():
        return value
    if empty(value):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 < value < MOST:
            return None
        return prefix + _base36(value)
    if not isinstance(value, str):
        raise ValueError("an id is neither a text nor a number")
    said = value.strip()
    return said if FULLNAME.match(said) else prefix + said


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits


def _text(record: dict[str, Any], field: str) -> str:
    value = record.get(field)
    if absent(value) and field == "body":
        return ""
    if not isinstance(value, str) or not value:
        raise ValueError(f"no {field}" if value in (None, "") else f"{field} is not a text")
    return value


def _seconds(value: Any) -> When:
    """A number, whose unit the whole record decides; some dumps hold it as a text."""
    try:
        found = read_time(value, "created_utc")
    except ValueError:
        raise ValueError("created_utc is not a number") from None
    if found is None:
        raise ValueError("no created_utc")
    return found


def _acts(record: dict[str, Any], post: str) -> Iterator[RawAct]:
    """Removal and approval, whose times a moderator's own export has."""
    acts: tuple[tuple[Act, str, str], ...] = (
        ("remove", "banned_at_utc", "banned_by"),
        ("approve", "approved_at_utc", "approved_by"),
    )
    for act, time, actor in acts:
        if record.get(time) is not None:
            by = record.get(actor)
            yield RawAct(act, _seconds(record[time]), post=post, actor=by if isinstance(by, str) else None)


def _remarks(kinds: set[str | None], subreddits: set[str]) -> Iterator[str]:
    if "thread" not in kinds:
        yield "no submissions: opening posts are missing (add the RS_* file), so thread figures lack them"
    if "reply" not in kinds:
        yield "no comments: give a folder with the RC_* file too"
    if len(subreddits) > 1:
        yield f"{len(subreddits)} subreddits are mixed here; a profile is of one community: filter first"
