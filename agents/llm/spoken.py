"""How a server is asked for words: a sampled text in JSON, of so many tokens, with a seed where the server heeds it."""

import hashlib
from collections.abc import Sequence
from typing import Any

from agents.llm.request import Request
from agents.llm.template import Template

CHARACTERS = 240
"""Of a text at the most: a line of a prompt, which has 400, must hold it with its author, tone and score."""
SAMPLING: dict[str, object] = {"temperature": 1, "top_p": 0.95}
SCHEMA = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
    "additionalProperties": False,
}


def words_body(
    requests: Sequence[Request], template: Template | None, *, structured: bool, seeded: bool
) -> dict[str, Any]:
    """What a call says beside the model: prompts where there is a template, else the messages of its one question.

    A schema is named in the words of OpenAI and vLLM (`response_format`) and, for prompts, in llama.cpp's too
    (`json_schema`), which reads no other there.
    """
    first = requests[0]
    body: dict[str, Any] = {"max_tokens": first.tokens, **SAMPLING}
    more: dict[str, Any] = {}
    if seeded:
        body["seed"] = first.nonce % 2**31
    if structured:
        wanted = {"name": "post", "strict": True, "schema": SCHEMA}
        more["response_format"] = {"type": "json_schema", "json_schema": wanted}
    if template is None:
        said = [{"role": "system", "content": first.system}, {"role": "user", "content": first.user}]
        return {"messages": said, **body, **more}
    if structured:
        more["json_schema"] = SCHEMA
    return {"prompt": [template.render(request) for request in requests], **body, "extra_body": more}


def another(request: Request, attempt: int) -> Request:
    """The question as it is asked again after an unreadable reply: words have another seed, or they would be the same."""
    if request.letters:
        return request
    digest = hashlib.sha256(f"{request.nonce} {attempt}".encode()).digest()
    return request._replace(nonce=int.from_bytes(digest[:8]))
