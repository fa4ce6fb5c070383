"""A server that replies as a test says: what the probe makes of it, and how the questions of a run then fare."""

import math
from typing import Any

from tests.replying_server import replying
from windtunnel.agents.llm.connection.probe import probed
from windtunnel.agents.llm.opening import open_model
from windtunnel.agents.llm.request import Answer, Request
from windtunnel.agents.llm.settings import read_settings
from windtunnel.agents.minds.base import Unanswered

USER = "What you can do:\nA) reads on\nB) votes the post up\nC) answers calmly\nWhat now? Answer with one letter."
QUESTION = Request("You are in a forum about gardens.", USER, "ABC")
WORDS = Request("You are in a forum.", "Write the words of this post.", "", 5, 40)
LIKELY = [("A", -0.7), ("B", -1.3), ("C", -1.9), ("The", -5.0)]


def says(text: object, **more: Any) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": text, **more}, "finish_reason": "stop"}


def listed(pairs: list[tuple[str, float]] = LIKELY, **first: Any) -> dict[str, Any]:
    top = [{"token": token, "logprob": value, "bytes": None} for token, value in pairs]
    one = {"token": pairs[0][0], "logprob": pairs[0][1], "bytes": None, "top_logprobs": top, **first}
    return {**says(pairs[0][0]), "logprobs": {"content": [one]}}


def refuses(message: str, status: int = 400, **more: Any) -> tuple[int, Any]:
    return status, {"error": {"message": message, "type": "invalid_request_error", **more}}


def tokens(body: dict[str, Any]) -> int:
    return body.get("max_tokens") or body.get("max_completion_tokens") or 10**6


def found(reply, tmp_path, path: str = "/v1", words: Request | None = None, **options: Any):
    """What the probe makes of a server, what it says, and how the questions of a run then fare."""
    said: list[str] = []
    with replying(reply, "m", "m-large") as (server, address):
        base = {"kind": "openai", "model": "m", "base_url": address + path, "max_retries": 0, "samples": 6}
        made = read_settings(base | {"store": str(tmp_path / "a.sqlite")} | options)
        settings = probed(made, QUESTION, said.append, words)
        probing = len(server.calls)
        model = open_model(settings)
        replies = model.ask([QUESTION._replace(user=USER.replace("now", "next")), WORDS])
        model.close()
        return settings, " / ".join(said), replies, server.calls[probing:]


def shares(answer: Answer | Unanswered) -> list[float]:
    assert isinstance(answer, Answer), answer
    return [round(math.exp(value), 3) for value in answer.logp]
