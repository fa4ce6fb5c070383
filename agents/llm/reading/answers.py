"""Reads what OpenAI-compatible servers send: choices by their index, words, tokens counted."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from windtunnel.agents.harmless import harmless
from windtunnel.agents.llm.reading.refusals import error_in, words_of
from windtunnel.agents.llm.reading.replies import UnfitWords, Unreadable, without_thoughts

_TEXT_MEMBER = re.compile(r'\s*\{\s*"text"\s*:\s*"((?:[^"\\]|\\u[0-9a-fA-F]{4}|\\[^u])*)')
_ASIDE = re.compile(r"(?:event|id|retry)?:")
"""A line of a stream of events that holds no data: a comment, or the name of an event."""
_FENCES = re.compile(r"^\s*```\w*|```\s*$")


def read_words(content: object, most: int, *, cut: bool = False) -> str:
    """The words of a reply on one line, `most` characters of them: of its `text` where it is JSON, else all of it.

    Thoughts and fences before and around them are left out. Words that stop at the limit of tokens (`cut`, or JSON that
    does not end) lose the last one, which may be half a word. `UnfitWords` if nothing is left to read.

    >>> read_words('{"text": "No,\\n thanks."}', 80), read_words('{"text": "As I sa', 80), read_words(" No. ", 80)
    ('No, thanks.', 'As I...', 'No.')
    """
    if not isinstance(content, str):
        raise Unreadable(f"no words but {type(content).__name__}")
    said = _FENCES.sub("", without_thoughts(content)).strip()
    found = _text_member(said)
    if found is None and said.startswith("{"):
        raise UnfitWords("JSON without a text")
    said, cut = found or (said, cut)
    words = " ".join(said.encode("utf-8", "replace").decode().split()).strip("\"'\u201c\u201d ")
    if not re.search(r"\w", harmless(words)):
        raise UnfitWords("an empty text")
    return _shortened(words, most) if cut or len(words) > most else words


def _text_member(said: str) -> tuple[str, bool] | None:
    """The `text` of the first JSON object that has one, whatever stands before it, and whether the object stops early."""
    for begun in re.finditer(r"\{", said[:2000]):
        try:
            whole, _ = json.JSONDecoder(strict=False).raw_decode(said[begun.start() :])
        except (ValueError, RecursionError):
            continue
        if isinstance(whole, dict) and isinstance(whole.get("text"), str):
            return without_thoughts(whole["text"]), False
    if found := _TEXT_MEMBER.search(said):
        return str(json.loads(f'"{found.group(1)}"', strict=False)), True
    return None


def _shortened(words: str, most: int) -> str:
    """Whole words and three dots, `most` characters together; a sentence that has ended stays as it is."""
    if len(words) <= most and words.endswith((".", "!", "?")):
        return words
    return words[: most - 3].rsplit(" ", 1)[0].rstrip(" .,;:-") + "..."


def body_of(content: bytes) -> Any:
    """The JSON of a reply, also where it came as a stream of events that nobody asked for; `ValueError` says what came."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        pass
    try:
        lines = (
            line.removeprefix("data:")
            for line in content.decode("utf-8").splitlines()
            if not _ASIDE.match(line)
        )
        events = [json.loads(line) for line in lines if line.strip() not in ("", "[DONE]")]
    except UnicodeDecodeError:
        raise Unreadable("bytes that are neither JSON nor text") from None
    except (ValueError, RecursionError):
        events = []
    if events and all(isinstance(event, Mapping) for event in events):
        return _streamed(events)
    words = words_of(content)[:120]
    raise Unreadable(f"no JSON but {words!r}" if words else "nothing")


def _streamed(events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One body from a stream: its text and its log-probabilities put together, the last of everything else."""
    whole: dict[str, Any] = {}
    choices: dict[Any, dict[str, Any]] = {}
    for event in events:
        if event.get("error") and not event.get("choices"):  # it broke off: what came before is no answer
            return {"error": event["error"]}
        whole |= {key: value for key, value in event.items() if key != "choices" and value is not None}
        for choice in event.get("choices") or []:
            had = choices.setdefault(choice.get("index"), {})
            piece = choice.get("delta") or choice.get("message") or {}
            had["content"] = had.get("content", "") + (piece.get("content") or choice.get("text") or "")
            had["logprobs"] = had.get("logprobs", []) + ((choice.get("logprobs") or {}).get("content") or [])
            had["finish_reason"] = choice.get("finish_reason") or had.get("finish_reason")
    listed = [
        {
            "index": index,
            "message": {"content": had["content"]},
            "text": had["content"],
            "logprobs": {"content": had["logprobs"]},
            "finish_reason": had["finish_reason"],
        }
        for index, had in choices.items()
    ]
    return {**whole, "choices": listed} if listed else whole


def choices_by_index(body: object, number: int) -> dict[int, Mapping[str, Any]]:
    """The choices of a reply to `number` questions, by their index, in whatever order they came.

    `Unreadable` if there are none, or if an index is missing, repeated or out of range: then nobody knows
    which question a choice answers. A single choice to a single question needs no index.
    """
    if not isinstance(body, Mapping):
        raise Unreadable(f"no choices but {type(body).__name__}")
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices:
        raise Unreadable(
            "no choices" + (f" but an error: {told}" if (told := error_in(body)) else _another_door(body))
        )
    if not all(isinstance(choice, Mapping) for choice in choices):
        raise Unreadable("choices in an unknown shape")
    if number == len(choices) == 1:
        return {0: choices[0]}
    found = [choice.get("index") for choice in choices]
    if len(set(map(repr, found))) < len(found) or not all(type(i) is int and 0 <= i < number for i in found):
        raise Unreadable(f"{len(found)} choices to {number} questions without an index of its own each")
    return {index: choice for index, choice in zip(found, choices, strict=True) if index is not None}


_DOORS = (
    ({"role", "content"}, "Anthropic's messages"),
    ({"output"}, "OpenAI's responses"),
    ({"candidates"}, "Gemini's own"),
    ({"message", "done"}, "Ollama's own"),
    ({"response", "done"}, "Ollama's own"),
    ({"generated_text"}, "TGI's own"),
    ({"content", "tokens_predicted"}, "llama.cpp's own"),
)
"""Fields by which a reply of another interface than chat completions is known."""


def _another_door(body: Mapping[str, Any]) -> str:
    """That a reply has the form of another interface, and which address is wanted; empty where it has none that is known."""
    whose = next((name for fields, name in _DOORS if fields <= body.keys()), None)
    return (
        f" but a reply in the form of {whose}: llm.base_url needs an OpenAI-compatible address"
        if whose
        else ""
    )


def read_usage(body: Mapping[str, Any]) -> tuple[int, int]:
    """The tokens in and out that a server says it counted; 0 where it says nothing that can be read."""
    usage = body.get("usage")
    told = [
        usage.get(name) if isinstance(usage, Mapping) else 0
        for name in ("prompt_tokens", "completion_tokens")
    ]
    tokens_in, tokens_out = (value if type(value) is int and value > 0 else 0 for value in told)
    return tokens_in, tokens_out


def read_cached(body: Mapping[str, Any]) -> int:
    """Tokens of the questions that the server says it had in its cache; 0 where it does not say.

    >>> read_cached({"usage": {"prompt_tokens_details": {"cached_tokens": 7}}}), read_cached({"usage": None})
    (7, 0)
    """
    usage = body.get("usage")
    details = usage.get("prompt_tokens_details") if isinstance(usage, Mapping) else None
    cached = details.get("cached_tokens") if isinstance(details, Mapping) else 0
    return cached if type(cached) is int and cached > 0 else 0
