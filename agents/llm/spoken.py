"""How a server is asked for words: a sampled text in JSON, of so many tokens, with a seed where the server heeds it."""

import hashlib
from collections.abc import Sequence
from typing import Any

from windtunnel.agents.llm.request import Request
from windtunnel.agents.llm.template import Template

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
    template: Template | None,
    *,
    structured: bool,
    seeded: bool,
    thoughts: int = 0,
) -> dict[str, Any]:
    """What a call says beside the model: prompts where there is a template, else the messages of its one question.

    A schema is named in the words of OpenAI and vLLM (`response_format`) and, for prompts, in llama.cpp's too
    (`json_schema`), which reads no other there. `thoughts` are tokens beside those of the text.
    """
    first = requests[0]
    limit = "max_completion_tokens" if thoughts and template is None else "max_tokens"
    body: dict[str, Any] = {limit: first.tokens + thoughts, **sampling(thoughts)}
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


def another(request: Request, unfit: int) -> Request:
    """The question as it is asked again after so many unfit texts: with another seed, or it would get the same."""
    if request.letters or not unfit:
        return request
    digest = hashlib.sha256(f"{request.nonce} {unfit}".encode()).digest()
    return request._replace(nonce=int.from_bytes(digest[:8]))
