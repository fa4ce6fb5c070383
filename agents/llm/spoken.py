"""How a server is asked for words: a sampled text in JSON, of so many tokens, with a seed where the server heeds it."""

import hashlib
from collections.abc import Sequence
from typing import Any

from windtunnel.agents.llm.request import Request

CHARACTERS = 240
"""Of a text at the most: a line of a prompt, which has 400, must hold it with its author, tone and score."""
SCHEMA = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
    "additionalProperties": False,
}


def sampling(thoughts: int = 0) -> dict[str, Any]:
    """How words are drawn; a model that thinks first takes no setting but its own."""
    return {"temperature": 1} if thoughts else {"temperature": 1, "top_p": 0.95}


def words_body(
    requests: Sequence[Request],
    *,
    prompts: bool,
    structured: bool,
    seeded: bool,
    thoughts: int = 0,
) -> dict[str, Any]:
    """What a call for words says beside the model and the questions, of which it asks one, or several as `prompts`.

    A schema is named in the words of OpenAI and vLLM (`response_format`) and, for prompts, in llama.cpp's too
    (`json_schema`), which reads no other there. `thoughts` are tokens beside those of the text.
    """
    first = requests[0]
    body: dict[str, Any] = {"max_tokens": first.tokens + thoughts, **sampling(thoughts)}
    if seeded:
        body["seed"] = first.nonce % 2**31
    if structured:
        wanted = {"name": "post", "strict": True, "schema": SCHEMA}
        more: dict[str, Any] = {"response_format": {"type": "json_schema", "json_schema": wanted}}
        body |= {"extra_body": {**more, "json_schema": SCHEMA}} if prompts else more
    return body


def another(request: Request, unfit: int) -> Request:
    """The question as it is asked again after so many unfit texts: with another seed, or it would get the same."""
    if request.letters or not unfit:
        return request
    digest = hashlib.sha256(f"{request.nonce} {unfit}".encode()).digest()
    return request._replace(nonce=int.from_bytes(digest[:8]))
