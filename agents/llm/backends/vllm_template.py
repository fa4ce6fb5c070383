"""Learns the chat template of a model behind a vLLM server, which tells it as tokens rather than as words."""

from collections.abc import Callable
from typing import Any

from windtunnel.agents.llm.template import Template, template_messages, template_of

Post = Callable[[str, dict[str, Any]], Any]
"""Posts a body to a path below the server's root and gives the JSON it answers."""


def vllm_template(post: Post, model: str) -> Template:
    """The template of the model's tokenizer; `ValueError` or `KeyError` if the answers do not hold one.

    vLLM puts the mark that begins a text before every prompt it is sent, so it is taken off here, where the
    template has it too.
    """
    messages = {"model": model, "messages": template_messages(), "add_generation_prompt": True}
    tokens = list(post("/tokenize", messages)["tokens"])
    rendered = _words(post, model, tokens)
    again = list(
        post("/tokenize", {"model": model, "prompt": rendered, "add_special_tokens": True})["tokens"]
    )
    if again != tokens and again[:1] == tokens[:1]:
        rendered = rendered.removeprefix(_words(post, model, tokens[:1]))
    return template_of(rendered)


def _words(post: Post, model: str, tokens: list[int]) -> str:
    return str(post("/detokenize", {"model": model, "tokens": tokens})["prompt"])
