"""Reads ConvoKit corpora: a folder with utterances.jsonl (or .json, or packed), as convokit 0 to 5 wrote them.

Field names: convokit 5.0's source; `user`, `root`, `reply_to` are those of older versions. Binary fields
(`*-bin.p`) are pickles, which could run code, and are never opened.
"""

from pathlib import Path
from typing import Any

from windtunnel.analysis.importers.convert import an_object, count, number, parse_json, parse_object
from windtunnel.analysis.importers.gathering import Collector
from windtunnel.analysis.importers.lines import SUFFIXES, BrokenOff, bare_name, document
from windtunnel.analysis.importers.posts import LATEST, TONES, RawPost, Status, Tone
from windtunnel.analysis.importers.reddit import PLACEHOLDERS

EXPECTED = (
    "a ConvoKit corpus: a folder with utterances.jsonl or utterances.json, each utterance with id, speaker, "
    "conversation_id, reply-to, timestamp (seconds) and text"
)


def read_convokit(path: Path, into: Collector) -> list[str]:
    """The utterances of the corpus in folder `path`, and remarks; `ValueError` if there is not one."""
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}: give {EXPECTED}")
    file = _utterances(path)
    if Path(bare_name(file)).suffix == ".json":
        _read_list(file, into)
    else:
        into.read_lines(file, lambda line: _post(parse_object(line)))
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


def _read_list(file: Path, into: Collector) -> None:
    """The items of a JSON list (small, old corpora)."""
    into.begin(file)
    try:
        found = parse_json(document(file, into.max_bytes, into.told))
    except BrokenOff as error:
        raise ValueError(f"{file.name}: {error}") from None
    except ValueError:
        raise ValueError(f"{file} is not JSON: it is not {EXPECTED}") from None
    if not isinstance(found, list):
        raise ValueError(f"{file} holds a JSON {type(found).__name__}, not a list: it is not {EXPECTED}")
    for place, item in enumerate(found, 1):
        into.add(place, lambda value: _post(an_object(value)), item)


def _post(record: dict[str, Any]) -> RawPost:
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
        score=count(meta.get("score")),
        tone=_tone(meta),
    )


def _tone(meta: dict[str, Any]) -> Tone | None:
    """The tone that a person gave it (Conversations Gone Awry marks personal attacks), or that it was simulated with."""
    if meta.get("comment_has_personal_attack") is True:
        return "hostile"
    said = meta.get("tone") if meta.get("simulated") is True else None
    return said if said in TONES else None


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
    """Seconds from any origin: corpora that are not of the web count from their own."""
    seconds = number(value, "timestamp")
    if abs(seconds) >= LATEST:
        raise ValueError("timestamp is not a time in seconds")
    return seconds
