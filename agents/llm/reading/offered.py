"""The models that a server says it offers."""

import json
from typing import Any

from windtunnel.agents.llm.cache import cache_folder
from windtunnel.agents.llm.connection.pace import Pace
from windtunnel.agents.llm.connection.transport import openai_client
from windtunnel.agents.llm.keys import read_key
from windtunnel.agents.llm.settings import LLMSettings


def names_in(body: Any) -> list[str]:
    """The names in a list of models: OpenAI's, a bare list, or Ollama's and Gemini's `models`.

    >>> names_in({"data": [{"id": "a"}]}), names_in(["a", {"id": "b"}]), names_in({"models": [{"name": "models/c"}]})
    (['a'], ['a', 'b'], ['c'])
    """
    found = body.get("data") or body.get("models") if isinstance(body, dict) else body
    names = []
    for one in found if isinstance(found, list) else []:
        name = (
            one
            if isinstance(one, str)
            else one.get("id") or one.get("name") or one.get("model")
            if isinstance(one, dict)
            else None
        )
        if isinstance(name, str):
            names.append(name.removeprefix("models/"))
    return names


def offered(settings: LLMSettings) -> list[str]:
    """Their names, in the server's order; empty where it does not tell."""
    from openai import OpenAIError

    address = settings.base_url.split(",")[0]
    pace = Pace(address, settings.requests_per_minute, cache_folder())
    client = openai_client(
        address,
        read_key(settings.key_env),
        max_retries=0,
        timeout=min(settings.timeout, 10.0),
        largest=1_000_000,
        pace=pace,
    )
    try:
        return names_in(json.loads(client.models.with_raw_response.list().http_response.content))
    except (OpenAIError, AttributeError, TypeError, ValueError):
        return []
    finally:
        client.close()
