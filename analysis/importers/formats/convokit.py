"""Reads ConvoKit corpora: a folder with utterances.jsonl (or .json, or packed), as convokit 0 to 5 wrote them.

Field names: convokit 5.0's source; `user`, `root`, `reply_to` are those of older versions. Binary fields
(`*-bin.p`) are pickles, which could run code, and are never opened.
"""

from pathlib import Path
from typing import Any

from windtunnel.analysis.importers.clocks.clock import Kind
from windtunnel.analysis.importers.clocks.times import read_time
from windtunnel.analysis.importers.files.lines import SUFFIXES
from windtunnel.analysis.importers.posts.gathering import Collector
from windtunnel.analysis.importers.posts.raw import TONES, RawPost, Tone
from windtunnel.analysis.importers.values.convert import count
from windtunnel.analysis.importers.values.missing import absent, word

EXPECTED = (
    "a ConvoKit corpus: a folder with utterances.jsonl or utterances.json, each utterance with id, speaker, "
    "conversation_id, reply-to, timestamp (seconds) and text"
)


def read_convokit(path: Path, into: Collector) -> list[str]:
    """The utterances of the corpus in folder `path`, and remarks; `ValueError` if there is not one."""
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}: give {EXPECTED}")
    file = _utterances(path)
    into.times = Kind(own_start="anywhere", name="timestamp")
    into.read_values(file, lambda record: "text" in record or "id" in record, _post)
    if not into.posts:
        first = ""
        if into.bad:
            first = f"; {file.name} line {into.bad[0].line}: {into.bad[0].reason}"
        raise ValueError(f"{path} is not {EXPECTED}{first}")
    binary = sorted(each.name for each in file.parent.glob("*-bin.p"))
    return [f"{', '.join(binary)} left unopened: pickles can run code"] if binary else []


def _utterances(path: Path) -> Path:
    if path.is_file():
        return path
    for name in ("utterances.jsonl", "utterances.json"):
        for suffix in ("", *sorted(SUFFIXES)):
            if (path / f"{name}{suffix}").is_file():
                return path / f"{name}{suffix}"
    raise ValueError(f"the folder {path} is not {EXPECTED}; it holds neither file")


def _post(record: dict[str, Any]) -> RawPost:
    meta = record.get("meta")
    if not isinstance(meta, dict):
        meta = {}
    text = record.get("text")
    if absent(text):
        text = None
    elif not isinstance(text, str):
        raise ValueError("text is not a text")
    return RawPost(
        id=_required(record, "id"),
        parent=_name(record, "reply-to", "reply_to"),
        thread=_name(record, "conversation_id", "root"),
        author=_name(record, "speaker", "user"),
        time=read_time(record.get("timestamp"), "timestamp"),
        text=text,
        status="removed" if meta.get("removed") is True else "visible",
        score=count(meta.get("score")),
        tone=_tone(meta),
    )


def _tone(meta: dict[str, Any]) -> Tone | None:
    """The tone that a person gave it (Conversations Gone Awry marks personal attacks), or that it was simulated with."""
    if meta.get("comment_has_personal_attack") is True:
        return "hostile"
    said = meta.get("tone") if meta.get("simulated") is True else None
    return said if said in TONES else None


def _name(record: dict[str, Any], *fields: str) -> str | None:
    """The first of these fields that is there; older corpora have an object {id, ...} for a user."""
    for field in fields:
        value = record.get(field)
        found = word(value.get("id") if isinstance(value, dict) else value)
        if found is not None:
            return found
    return None


def _required(record: dict[str, Any], field: str) -> str:
    value = _name(record, field)
    if value is None:
        raise ValueError(f"no {field}")
    return value
