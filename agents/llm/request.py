"""What is asked of a language model and what comes back: log-probabilities of lettered options, or a few words."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from windtunnel.agents.llm.costs.counts import Counts
from windtunnel.agents.minds.base import Unanswered
from windtunnel.agents.situation import About

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Request(NamedTuple):
    """One question: the words of the system and of the user, and the letters that an answer may have.

    Without letters it asks for words, `tokens` at the most; `nonce` then tells it from a question that reads the same
    and is to have words of its own. `about` says whose imported words it holds: it is kept beside the answer, and is no
    part of what is asked.
    """

    system: str
    user: str
    letters: str
    nonce: int = 0
    tokens: int = 1
    about: tuple[About, ...] = ()


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
    words: Mapping[str, object] = field(default_factory=dict)
    """What `parameters` are where words are asked for."""


class Answer(NamedTuple):
    """Log-probability of each letter as the first token, unnormalised over the letters.

    `floored` of them were missing from the server's list and got the smallest log-probability in it, which
    is an upper bound. Tokens are those of the call that first asked, shared among the questions of that call.
    `text` is what a request without letters gets.
    """

    logp: tuple[float, ...]
    tokens_in: int = 0
    tokens_out: int = 0
    floored: int = 0
    text: str = ""

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
    """The whole request as sorted JSON: two requests have the same text exactly when nothing differs.

    Whom it is about is left out: that says what is to be forgotten, not what is asked.
    """
    asked = {"system": request.system, "user": request.user}
    choice = {"letters": request.letters, "parameters": dict(identity.parameters)}
    words = {"nonce": request.nonce, "tokens": request.tokens, "parameters": dict(identity.words)}
    whole = {
        "version": 1,
        "model": identity.model,
        "digest": identity.digest,
        "source": "" if identity.digest else identity.source,
        "template": identity.template,
        **asked,
        **(choice if request.letters else words),
    }
    return json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def hash_of(request: Request) -> int:
    """64 bits that stand for a question where only sameness matters; equal in every process."""
    parts = [request.system, request.user, request.letters]
    if not request.letters:
        parts += [str(request.nonce), str(request.tokens)]
    return int.from_bytes(
        hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    )


def key_of(text: str) -> str:
    """SHA-256 of a canonical request, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
