"""Why a server gave no answer, in one sentence: what it said itself, without secrets, and what would work."""

from typing import Any
from urllib.parse import urlsplit

from windtunnel.agents.llm.reading.refusals import about_address, words_of


def sentence(error: Exception, base_url: str, *, key_env: str | None, key: str, retries: int) -> str:
    """What went wrong with a call to `base_url`, by the openai client's error; the key is masked."""
    from openai import APIConnectionError, APIStatusError

    if isinstance(error, APIConnectionError):
        cause = f"{type(error).__name__}: {error.__cause__}" if error.__cause__ else type(error).__name__
        return masked(
            f"no answer from {base_url} ({cause}, {retries} retries): "
            "is the server running, and llm.base_url right?",
            key,
        )
    if not isinstance(error, APIStatusError):
        return masked(f"{base_url}: {error}", key)
    status, words = error.status_code, words_of(error.response.content, hide=(key,))
    said = f": {words}" if words else ""
    if status == 401 or (status == 403 and not words):
        where = f"the key in ${key_env}" if key_env else "a request without a key: set llm.key_env"
        return masked(f"{base_url} refused {where} (status {status}){said}", key)
    if status == 403:
        keyless = "" if key_env else "; if it wants a key, set llm.key_env"
        return masked(f"{base_url} refused the request (status 403){said}{keyless}", key)
    if 300 <= status < 400:
        to = _bare(error.response.headers.get("Location", ""))
        return masked(
            f"{base_url} sends its questions elsewhere (status {status}{f', to {to}' if to else ''}), "
            "where they do not follow: set llm.base_url to the server itself",
            key,
        )
    about = about_address(base_url) if status in (404, 405) else ""
    return masked(f"{base_url}: status {status}{said}{about}", key)


def _bare(address: str) -> str:
    """An address without a name, password or query, which may hold a key."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.netloc else parts.path


def masked(text: str, key: str) -> str:
    """`text` on one line, not too long, without the key."""
    text = " ".join(text.split())
    return (text.replace(key, "***") if key else text)[:500]


def refuses(error: Exception) -> bool:
    """Whether a server, reached and willing, does not take the question as it was put."""
    from openai import BadRequestError, UnprocessableEntityError

    return isinstance(error, BadRequestError | UnprocessableEntityError)


def is_gone(error: Exception) -> bool:
    """Whether asking this server anything else is pointless: nobody listens there, or the key is wrong."""
    from openai import APIStatusError

    if isinstance(error, APIStatusError):
        return error.status_code in (401, 403)
    return type(error.__cause__).__name__ in ("ConnectError", "ConnectTimeout")


def was_retried(error: Any) -> bool:
    """Whether the openai client tries again on such an error before it gives up."""
    from openai import APIConnectionError, APIStatusError

    if isinstance(error, APIStatusError):
        return error.status_code in (408, 409, 429) or error.status_code >= 500
    return isinstance(error, APIConnectionError)
