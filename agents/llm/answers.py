"""Reads log-probabilities of letters, or words, from what OpenAI-compatible servers send."""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from windtunnel.agents.harmless import harmless
from windtunnel.agents.llm.request import Answer

NO_LOGPROBS = "the server sent no log-probabilities: it must support logprobs and top_logprobs"
"""The reason of a reply that is well formed and lacks them; a mangled one has another."""
_ROUNDING = 1e-3
"""A log-probability may exceed 0 by this much: servers compute in 16 bits."""


_TEXT_MEMBER = re.compile(r'\s*\{\s*"text"\s*:\s*"((?:[^"\\]|\\u[0-9a-fA-F]{4}|\\[^u])*)')
_THOUGHTS = re.compile(r"\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_THINKS = re.compile(r"\s*<think(?:ing)?>")
_FENCES = re.compile(r"^\s*```\w*|```\s*$")


class Unreadable(ValueError):
    """An answer arrived but holds no usable log-probability of any letter, or no words."""


class UnfitWords(Unreadable):
    """A whole answer arrived, but what the model wrote is no text: asked the same again, it may write the same."""


def text_of(choice: Mapping[str, Any]) -> object:
    """What one choice says, of a chat or of a completion; None where it says nothing."""
    message = choice.get("message")
    return message.get("content") if isinstance(message, Mapping) else choice.get("text")


def read_words(content: object, most: int, *, cut: bool = False) -> str:
    """The words of a reply on one line, `most` characters of them: of its `text` where it is JSON, else all of it.

    Thoughts and fences before and around them are left out. Words that stop at the limit of tokens (`cut`, or JSON that
    does not end) lose the last one, which may be half a word. `UnfitWords` if nothing is left to read.

    >>> read_words('{"text": "No,\\n thanks."}', 80), read_words('{"text": "As I sa', 80), read_words(" No. ", 80)
    ('No, thanks.', 'As I...', 'No.')
    """
    if not isinstance(content, str):
        raise Unreadable(f"no words but {type(content).__name__}")
    said = _THOUGHTS.sub("", content, count=1)
    if _THINKS.match(said):
        raise UnfitWords("thoughts that do not end: they need more tokens")
    said = _FENCES.sub("", said).strip()
    if said.startswith("{"):
        said, cut = _text_member(said)
    words = " ".join(said.encode("utf-8", "replace").decode().split()).strip("\"'\u201c\u201d ")
    if not re.search(r"\w", harmless(words)):
        raise UnfitWords("an empty text")
    return _shortened(words, most) if cut or len(words) > most else words


def _text_member(said: str) -> tuple[str, bool]:
    """The `text` of a JSON object, and whether the object stops before its end."""
    try:
        whole = json.loads(said, strict=False)
    except (ValueError, RecursionError):
        found = _TEXT_MEMBER.match(said)
        if not found:
            raise UnfitWords("JSON without a text") from None
        return str(json.loads(f'"{found.group(1)}"', strict=False)), True
    if not isinstance(whole, dict) or not isinstance(whole.get("text"), str):
        raise UnfitWords("JSON without a text")
    return whole["text"], False


def _shortened(words: str, most: int) -> str:
    """Whole words and three dots, `most` characters together; a sentence that has ended stays as it is."""
    if len(words) <= most and words.endswith((".", "!", "?")):
        return words
    return words[: most - 3].rsplit(" ", 1)[0].rstrip(" .,;:-") + "..."


def first_token(choice: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The candidates for the first token and their log-probabilities.

    Chat servers and llama.cpp list them under `content`; older completions (vLLM) in one mapping a token.
    """
    logprobs = choice.get("logprobs") or {}
    try:
        if logprobs.get("content"):
            said = logprobs["content"][0]
            if "logprob" in said and not said.get("top_logprobs"):
                raise Unreadable(NO_LOGPROBS)  # of the token said alone, not of the candidates
            return [(str(one["token"]), float(one["logprob"])) for one in said["top_logprobs"]]
        if logprobs.get("top_logprobs"):
            return [(str(token), float(value)) for token, value in logprobs["top_logprobs"][0].items()]
    except Unreadable:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise Unreadable(f"log-probabilities in an unknown shape ({type(error).__name__}: {error})") from None
    if not isinstance(text_of(choice), str | None):
        raise Unreadable(f"a choice that says no text but {type(text_of(choice)).__name__}")
    raise Unreadable(NO_LOGPROBS)


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
            "no choices" + (f" but an error: {str(body['error'])[:200]}" if "error" in body else "")
        )
    if not all(isinstance(choice, Mapping) for choice in choices):
        raise Unreadable("choices in an unknown shape")
    if number == len(choices) == 1:
        return {0: choices[0]}
    found = [choice.get("index") for choice in choices]
    if len(set(map(repr, found))) < len(found) or not all(type(i) is int and 0 <= i < number for i in found):
        raise Unreadable(f"{len(found)} choices to {number} questions without an index of its own each")
    return {index: choice for index, choice in zip(found, choices, strict=True) if index is not None}


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


def read_letters(candidates: Iterable[tuple[str, float]], letters: Sequence[str]) -> Answer:
    """The log-probability of each letter, with and without a space before it added up.

    >>> answer = read_letters([("B", -1.0), (" B", -1.0), ("The", -3.0)], "AB")
    >>> answer.logp[0], round(answer.logp[1], 3), answer.floored
    (-3.0, -0.307, 1)
    """
    candidates = list(candidates)
    odd = [value for _, value in candidates if math.isnan(value) or value > _ROUNDING]
    if odd:
        raise Unreadable(f"{odd[0]} as a log-probability")
    candidates = [(token, value) for token, value in candidates if math.isfinite(value)]
    found: dict[str, list[float]] = {letter: [] for letter in letters}
    for token, value in candidates:
        if token.strip() in found:
            found[token.strip()].append(value)
    missing = [letter for letter in letters if not found[letter]]
    if len(missing) == len(letters):
        raise Unreadable(
            f"none of the letters {''.join(letters)} is among the {len(candidates)} likeliest first tokens"
            + (f" (the likeliest is {candidates[0][0]!r})" if candidates else "")
        )
    floor = min(value for _, value in candidates)
    return Answer(
        tuple(_added(found[letter]) if found[letter] else floor for letter in letters), floored=len(missing)
    )


def _added(values: Sequence[float]) -> float:
    """The log of the summed probabilities; one alone stays as it is, to the last bit."""
    top = max(values)
    return top + math.log(sum(math.exp(value - top) for value in values)) if len(values) > 1 else top
