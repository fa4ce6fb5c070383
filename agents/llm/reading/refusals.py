"""What a server says when it refuses: its own words, found in any shape of reply, and what may be wrong with the address."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from windtunnel.agents.llm.request import Request

LENGTH = 300
"""Characters of a server's words."""

_SECRET = re.compile(
    r"\b(?:sk|pk|rk|hf|gsk|xai|key|api)[-_][\w.*-]{6,}|\bAIza[\w-]{10,}|\beyJ[\w.-]{20,}|(?i:bearer)\s+[\w.~+/=-]{6,}"
)
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^<>]*>", re.DOTALL | re.IGNORECASE)
_NAMES = ("message", "detail", "error", "error_message", "errors", "msg", "title", "reason")


def words_of(content: bytes | str, *, hide: tuple[str, ...] = ()) -> str:
    """The words of a refusal on one line: the message of JSON, the title of a page, or the text; empty if there are none.

    `hide` and whatever looks like a key are masked. Of a list of faults each says its place; what was sent is not repeated.

    >>> words_of('{"detail": [{"loc": ["body", "logprobs"], "msg": "Extra inputs are not permitted"}]}')
    'body.logprobs: Extra inputs are not permitted'
    """
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
    try:
        told = _message(json.loads(text))
    except (ValueError, RecursionError):
        title = re.search(r"<title[^>]*>(.*?)</title>", text, re.DOTALL | re.IGNORECASE)
        told = title.group(1) if title else _TAGS.sub(" ", text)
    for secret in hide:
        told = told.replace(secret, "***") if secret else told
    told = " ".join(_SECRET.sub("***", told).split())
    return told if len(told) <= LENGTH else told[: LENGTH - 3].rstrip() + "..."


def _message(body: Any) -> str:
    """The words in a JSON body: the first name that holds some, of each in a list."""
    if isinstance(body, str):
        return body
    if isinstance(body, list):
        return "; ".join(filter(None, map(_message, body[:4])))
    if not isinstance(body, Mapping):
        return ""
    told = next(filter(None, (_message(body.get(name)) for name in _NAMES)), "")
    if isinstance(body.get("loc"), list):
        told = f"{'.'.join(map(str, body['loc']))}: {told}"
    more = body.get("metadata")
    if isinstance(more, Mapping) and isinstance(more.get("raw"), str):
        told = f"{told}: {words_of(more['raw'])}"
    return told


def named_by(content: bytes | str) -> str:
    """The field that an error in OpenAI's shape names in `param`; empty where there is none."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    error = body.get("error") if isinstance(body, Mapping) else None
    found = error.get("param") if isinstance(error, Mapping) else None
    return found if isinstance(found, str) else ""


def refused_in(content: bytes) -> bool:
    """Whether a reply with status 200 holds an error in place of choices."""
    if b'"choices"' in content[:2000]:
        return False
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, Mapping) and bool(error_in(body))


def error_in(body: Mapping[str, Any]) -> str:
    """The words of an error in a body that holds no choices; empty where it has none."""
    told = {name: body[name] for name in ("error", "errors", "detail", "message") if body.get(name)}
    return "" if body.get("choices") or not told else words_of(json.dumps(told))


def without_question(words: str, request: Request) -> str:
    """A server's words without the lines of the question that it repeats."""
    for line in (*request.system.splitlines(), *request.user.splitlines()):
        if len(line) >= 20:
            words = words.replace(line, "(our question)")
    return words


def about_address(base_url: str) -> str:
    """A word on `/v1` for an address without it that has no such page; else empty.

    >>> about_address("http://127.0.0.1:1234"), about_address("http://127.0.0.1:1234/v1")
    ('; llm.base_url usually ends in /v1: try http://127.0.0.1:1234/v1', '')
    """
    path = urlsplit(base_url).path.rstrip("/")
    if re.search(r"/v\d+[a-z0-9]*(?:/|$)", path):
        return ""
    return f"; llm.base_url usually ends in /v1: try {base_url.rstrip('/')}/v1"
