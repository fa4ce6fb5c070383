"""What is asked of a language model and what comes back: a choice among lettered options, in log-probabilities."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from agents.llm.counts import Counts
from agents.minds.base import Unanswered

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Request(NamedTuple):
    """One question: the words of the system and of the user, and the letters that an answer may have."""

    system: str
    user: str
    letters: str


@dataclass(frozen=True)
class Identity:
    """Which model answers, as far as it can change an answer.

    `digest` is the SHA-256 of the weights file. Without one, `source` (a server's address) stands in, so that
    two servers that give their model the same name never share answers.
    """

    model: str
    digest: str = ""
    source: str = ""
    template: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)


class Answer(NamedTuple):
    """Log-probability of each letter as the first token, unnormalised over the letters.

    `floored` of them were missing from the server's list and got the smallest log-probability in it, which
    is an upper bound. Tokens are those of the call that first asked, shared among the questions of that call.
    """

    logp: tuple[float, ...]
    tokens_in: int = 0
    tokens_out: int = 0
    floored: int = 0

    @property
    def mass(self) -> float:
        """Share of the probability of all tokens that went to the letters."""
        return min(1.0, sum(math.exp(value) for value in self.logp))


class Model(Protocol):
    """A language model: a function from requests to answers, in the same order.

    Wrappers (a store, a count) have the same type. What got no answer is `Unanswered`, never a guess.
    """

    identity: Identity
    counts: Counts

    def ask(self, requests: Sequence[Request]) -> list[Answer | Unanswered]: ...

    def close(self) -> None: ...


def canonical(request: Request, identity: Identity) -> str:
    """The whole request as sorted JSON: two requests have the same text exactly when nothing differs."""
    whole = {
        "version": 1,
        "model": identity.model,
        "digest": identity.digest,
        "source": "" if identity.digest else identity.source,
        "template": identity.template,
        "parameters": dict(identity.parameters),
        **request._asdict(),
    }
    return json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def hash_of(request: Request) -> int:
    """64 bits that stand for a question where only sameness matters; equal in every process."""
    return int.from_bytes(
        hashlib.blake2b("\0".join(request).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    )


def key_of(text: str) -> str:
    """SHA-256 of a canonical request, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
