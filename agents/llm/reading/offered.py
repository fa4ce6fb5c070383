"""The models that a server says it offers."""

from windtunnel.agents.llm.cache import cache_folder
from windtunnel.agents.llm.connection.pace import Pace
from windtunnel.agents.llm.connection.transport import openai_client
from windtunnel.agents.llm.keys import read_key
from windtunnel.agents.llm.settings import LLMSettings


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
        return [str(model.id) for model in client.models.list().data or []]
    except (OpenAIError, AttributeError, TypeError, ValueError):
        return []
    finally:
        client.close()
