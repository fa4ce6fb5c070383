"""A model that answers from the question alone, at once, for tests and for trying the rest out."""

import hashlib
import math
from collections.abc import Sequence

from windtunnel.agents.llm.costs.counts import Counts
from windtunnel.agents.llm.request import Answer, Identity, Request, hash_of
from windtunnel.agents.minds.base import Unanswered


class FakeModel:
    """Log-probabilities, or a few words, from a hash of the question; equal on every machine, all mass on the letters."""

    def __init__(self, counts: Counts | None = None) -> None:
        self.identity = Identity(model="fake")
        self.counts = counts or Counts()

    def ask(self, requests: Sequence[Request]) -> list[Answer | Unanswered]:
        self.counts.add(calls=1 if requests else 0)
        return [_answer(request) for request in requests]

    def close(self) -> None:
        pass


def _answer(request: Request) -> Answer:
    if not request.letters:
        return Answer((), text=f"These are made-up words, number {hash_of(request) % 10**6}.")
    asked = request.system, request.user, request.letters
    weights = [_uniform("\0".join((*asked, letter))) for letter in request.letters]
    total = sum(weights)
    return Answer(tuple(math.log(weight / total) for weight in weights))


def _uniform(text: str) -> float:
    """A number in (0, 1) that depends on `text` alone."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return (int.from_bytes(digest[:6]) + 0.5) / 2**48
