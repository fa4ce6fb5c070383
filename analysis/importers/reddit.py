"""Reads Reddit records: Pushshift and Arctic Shift lines of JSON, comments (RC_*) and submissions (RS_*).

Fields and their quirks by year: Arctic Shift's monthly schemas, 2005-12 to 2026-01.
"""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from analysis.importers.posts import BadLine, Collector, Progress, RawPost, Reading, Status, numbered

EXPECTED = (
    "a Reddit record: an RC_* file of comments, an RS_* file of submissions, or a folder with both, one JSON "
    "object a line (.ndjson, .jsonl, plain or .zst), comments with id, author, body, created_utc, link_id, "
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
PLACEHOLDERS = ("[removed]", "[deleted]")


def read_reddit(path: Path, progress: Progress | None = None) -> Reading:
    """The posts in `path`; `ValueError` if not one line of it is a comment or a submission."""
    files, passed_over = _files(path)
    collector = Collector(progress)
    subreddits: set[str] = set()
    for file in files:
        number = 0
        try:
            for number, line in numbered(_lines(file)):
                collector.add(file.name, number, partial(_post, line, subreddits))
        except BrokenOff as error:
            collector.bad.append(BadLine(file.name, number + 1, str(error)))
    if not collector.posts:
        first = (
            f"; {files[0].name} line {collector.bad[0].line}: {collector.bad[0].reason}"
            if collector.bad
            else ""
        )
        raise ValueError(f"{path} is not {EXPECTED}{first}")
    remarks = list(_remarks(collector.posts, subreddits))
    if passed_over:
        remarks.append(
            f"{len(passed_over)} other files in the folder were left unread: {', '.join(passed_over[:5])}"
        )
    return collector.reading(*remarks)


def _files(path: Path) -> tuple[list[Path], list[str]]:
    """The files to read, and the names of those in the same folder that are not."""
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}: give {EXPECTED}")
    if path.is_file():
        return [path], []
    files = sorted(each for each in path.iterdir() if each.is_file())
    found = [each for each in files if each.name.startswith(("RC_", "RS_"))] or [
        each for each in files if {".ndjson", ".jsonl", ".zst"} & set(each.suffixes)
    ]
    # A dump and its unpacked copy side by side are one record.
    plain = {each.stem for each in found if each.suffix != ".zst"} | {each.name for each in found}
    found = [each for each in found if each.suffix != ".zst" or each.stem not in plain]
    if not found:
        raise ValueError(f"the folder {path} holds no RC_* or RS_* file: give {EXPECTED}")
    return found, [each.name for each in files if each not in found]


class BrokenOff(Exception):
    """A compressed file that ends, or stops making sense, before its end."""


def _lines(path: Path) -> Iterator[bytes]:
    """Lines of a plain or zstandard file."""
    with path.open("rb") as file:
        yield from (_unpacked(file) if path.suffix == ".zst" else file)


def _unpacked(file: BinaryIO) -> Iterator[bytes]:
    """Lines of a zstandard stream of any number of frames; the dumps' long window needs 2 GiB at most.

    Frames are followed one by one because zstandard's own reader takes a truncated file for a whole one.
    """
    import zstandard

    unpacker = zstandard.ZstdDecompressor(max_window_size=2**31)
    frame, rest = None, b""
    while packed := file.read(2**20):
        while packed:
            frame = frame or unpacker.decompressobj()
            try:
                lines = (rest + frame.decompress(packed)).split(b"\n")
            except zstandard.ZstdError as error:
                raise BrokenOff(f"not zstandard from here on ({error})") from None
            rest = lines.pop()
            yield from lines
            packed, frame = (frame.unused_data, None) if frame.eof else (b"", frame)
    if rest:
        yield rest
    if frame is not None:
        raise BrokenOff("the compressed file breaks off here: fetch it again")


def _post(line: bytes, subreddits: set[str]) -> RawPost:
    """One comment or submission; `ValueError` says what the line lacks."""
    record = parse_object(line)
    if "body" in record and "link_id" in record:
        post = _comment(record)
    elif "title" in record:
        post = _submission(record)
    else:
        raise ValueError("neither a comment (body, link_id) nor a submission (title)")
    if isinstance(record.get("subreddit"), str):
        subreddits.add(record["subreddit"])
    return post


def parse_object(line: bytes) -> dict[str, Any]:
    """The JSON object in a line; `ValueError` says what else was found."""
    try:
        record = json.loads(line)
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(record, dict):
        raise ValueError(f"JSON, but a {type(record).__name__} instead of an object")
    return record


def _comment(record: dict[str, Any]) -> RawPost:
    return RawPost(
        id=_id(record, "t1_"),
        parent=_text(record, "parent_id"),
        thread=_text(record, "link_id"),
        kind="reply",
        **_common(record, _text(record, "body")),
    )


def _submission(record: dict[str, Any]) -> RawPost:
    title, body = _text(record, "title"), record.get("selftext") or ""
    gone = body in PLACEHOLDERS
    text = body if gone or body.startswith(title) else f"{title}\n\n{body}".strip()
    name = _id(record, "t3_")
    return RawPost(id=name, parent=None, thread=name, kind="thread", **_common(record, text))


def _common(record: dict[str, Any], text: str) -> dict[str, Any]:
    author = _text(record, "author")
    return {
        "author": None if author == "[deleted]" else author,
        "time": _seconds(record.get("created_utc")),
        "text": None if text in PLACEHOLDERS else text,
        "status": _status(record, text),
        "score": _integer(record.get("score")),
        "controversial": bool(record["controversiality"]) if "controversiality" in record else None,
        "moderator": record.get("distinguished") in ("moderator", "admin"),
    }


def _status(record: dict[str, Any], text: str) -> Status:
    """Removed or deleted: what the archive noted, then Reddit's category, then what replaced the text."""
    meta = record.get("_meta")
    if not isinstance(meta, dict):
        meta = {}
    placeholder = text[1:-1] if text in PLACEHOLDERS else None
    for said in (meta.get("removal_type"), record.get("removed_by_category"), placeholder):
        if said in REMOVERS:
            return "removed"
        if said in DELETERS:
            return "deleted"
    return "gone" if meta.get("was_deleted_later") else "visible"


def _id(record: dict[str, Any], prefix: str) -> str:
    """The full name, built: dumps of 2005 and 2016-2021 have no `name`."""
    return prefix + _text(record, "id").removeprefix(prefix)


def _text(record: dict[str, Any], field: str) -> str:
    value = record.get(field)
    if not isinstance(value, str) or not value and field != "body":
        raise ValueError(f"no {field}" if value in (None, "") else f"{field} is not a text")
    return value


def _seconds(value: Any) -> float:
    """Unix seconds; some dumps hold them as a text."""
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        raise ValueError("no created_utc" if value is None else "created_utc is not a number") from None
    if not 0 <= seconds < 1e11:
        raise ValueError("created_utc is not a time in seconds")
    return seconds


def _integer(value: Any) -> int | None:
    return value if isinstance(value, int) and abs(value) < 2**62 else None


def _remarks(posts: list[RawPost], subreddits: set[str]) -> Iterator[str]:
    kinds = {post.kind for post in posts}
    if "thread" not in kinds:
        yield "no submissions: opening posts are missing (add the RS_* file), so thread figures lack them"
    if "reply" not in kinds:
        yield "no comments: give a folder with the RC_* file too"
    if len(subreddits) > 1:
        yield f"{len(subreddits)} subreddits are mixed here; a profile is of one community: filter first"
