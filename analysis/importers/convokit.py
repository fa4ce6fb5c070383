"""Reads ConvoKit corpora: a folder with utterances.jsonl (or .json), as convokit 0 to 5 wrote them.

Field names: convokit 5.0's source; `user`, `root`, `reply_to` are those of older versions. Binary fields
(`*-bin.p`) are pickles, which could run code, and are never opened.
"""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from analysis.importers.posts import Collector, Progress, RawPost, Reading, Status, numbered
from analysis.importers.reddit import PLACEHOLDERS, parse_object

EXPECTED = (
    "a ConvoKit corpus: a folder with utterances.jsonl or utterances.json, each utterance with id, speaker, "
    "conversation_id, reply-to, timestamp (seconds) and text"
)


def read_convokit(path: Path, progress: Progress | None = None) -> Reading:
    """The utterances of the corpus in folder `path`; `ValueError` if there is not one."""
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}: give {EXPECTED}")
    file = _utterances(path)
    collector = Collector(progress)
    for number, line in _lines(file):
        collector.add(file.name, number, partial(_post, line))
    if not collector.posts:
        first = (
            f"; {file.name} line {collector.bad[0].line}: {collector.bad[0].reason}" if collector.bad else ""
        )
        raise ValueError(f"{path} is not {EXPECTED}{first}")
    binary = sorted(each.name for each in file.parent.glob("*-bin.p"))
    remarks = [f"{', '.join(binary)} left unopened: pickles can run code"] if binary else []
    return collector.reading(*remarks)


def _utterances(path: Path) -> Path:
    candidates = [path] if path.is_file() else [path / "utterances.jsonl", path / "utterances.json"]
    for each in candidates:
        if each.is_file():
            return each
    raise ValueError(f"the folder {path} is not {EXPECTED}; it holds neither file")


def _lines(file: Path) -> Iterator[tuple[int, bytes | Any]]:
    """Numbered lines, or the numbered items of a JSON list (small, old corpora)."""
    if file.suffix == ".json":
        try:
            items = json.loads(file.read_bytes())
        except ValueError:
            raise ValueError(f"{file} is not JSON: it is not {EXPECTED}") from None
        if not isinstance(items, list):
            raise ValueError(f"{file} holds a JSON {type(items).__name__}, not a list: it is not {EXPECTED}")
        yield from enumerate(items, 1)
        return
    with file.open("rb") as lines:
        yield from numbered(lines)


def _post(line: bytes | Any) -> RawPost:
    record = parse_object(line) if isinstance(line, bytes) else line
    if not isinstance(record, dict):
        raise ValueError(f"a {type(record).__name__} instead of an object")
    meta = record.get("meta")
    if not isinstance(meta, dict):
        meta = {}
    text = record.get("text")
    if text is not None and not isinstance(text, str):
        raise ValueError("text is not a text")
    author = _name(record, "speaker", "user")
    return RawPost(
        id=_required(record, "id"),
        parent=_name(record, "reply-to", "reply_to"),
        thread=_name(record, "conversation_id", "root"),
        author=None if author == "[deleted]" else author,
        time=_seconds(record.get("timestamp")),
        text=None if text in PLACEHOLDERS else text,
        status=_status(text, meta),
        score=meta.get("score") if isinstance(meta.get("score"), int) else None,
    )


def _status(text: str | None, meta: dict[str, Any]) -> Status:
    if text == "[removed]" or meta.get("removed") is True:
        return "removed"
    return "deleted" if text == "[deleted]" else "visible"


def _name(record: dict[str, Any], *fields: str) -> str | None:
    """The first of these fields that is there; older corpora have an object {id, ...} for a user."""
    for field in fields:
        value = record.get(field)
        if isinstance(value, dict):
            value = value.get("id")
        if value is not None and value != "":
            return str(value)
    return None


def _required(record: dict[str, Any], field: str) -> str:
    value = _name(record, field)
    if value is None:
        raise ValueError(f"no {field}")
    return value


def _seconds(value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        raise ValueError("no timestamp" if value is None else "timestamp is not a number") from None
    if seconds != seconds or abs(seconds) > 1e14:
        raise ValueError("timestamp is not a time in seconds")
    return seconds
