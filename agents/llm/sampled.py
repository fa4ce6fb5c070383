"""Asks a model that gives no log-probabilities: the same question k times, the letters of the answers counted."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from windtunnel.agents.llm.answers import Unreadable, read_usage, text_of
from windtunnel.agents.llm.client import OpenAIModel, Reply
from windtunnel.agents.llm.request import Answer, Request
from windtunnel.agents.minds.base import Unanswered


def letter_of(text: object, letters: Sequence[str]) -> str | None:
    """The letter that an answer begins with, if it is one of `letters` and stands alone.

    >>> letter_of(" **B**) calmly", "ABC"), letter_of("Because", "ABC"), letter_of("E", "ABC")
    ('B', None, None)
    """
    found = re.match(r"[\W_]*([A-Z])(?![^\W_])", text) if isinstance(text, str) else None
    return found.group(1) if found and found.group(1) in letters else None


def counted(found: Iterable[str | None], letters: Sequence[str]) -> Answer:
    """Log-probabilities from answers: (count + 1) / (answers with a letter + letters), Laplace's rule of succession.

    Answers without a letter (None) take their share of the mass; `Unreadable` if there are no others.

    >>> answer = counted(["A", "A", None, "B"], "ABC")
    >>> [round(math.exp(value), 3) for value in answer.logp], round(answer.mass, 3)
    ([0.375, 0.25, 0.125], 0.75)
    """
    every = list(found)
    counts = Counter(letter for letter in every if letter is not None)
    readable = counts.total()
    if not readable:
        raise Unreadable(f"none of {len(every)} answers begins with one of the letters {''.join(letters)}")
    share = math.log(readable / len(every))
    whole = readable + len(letters)
    return Answer(tuple(share + math.log((counts[letter] + 1) / whole) for letter in letters))


class SampledModel(OpenAIModel):
    """An OpenAI-compatible server's answers by counting: `samples` of them a question, at temperature 1.

    They come by one call with `n=samples` where the server allows it, else by as many calls as it takes. An answer
    may have `answer_tokens` tokens. Chance here is the server's, so an answer means something only once it is
    kept: the number of samples is part of what it is kept under. Other options are those of `OpenAIModel`.
    """

    def __init__(self, *, samples: int, answer_tokens: int = 1, **options: Any) -> None:
        thoughts = answer_tokens if answer_tokens > 1 else 0
        super().__init__(**(options | {"batch": 1, "thoughts": thoughts}))
        self._samples, self._answer_tokens = samples, answer_tokens
        self._at_once = samples
        parameters = {"choice": "sampled", "samples": samples, "temperature": 1, "max_tokens": answer_tokens}
        self.identity = replace(
            self.identity, parameters={"endpoint": self.identity.parameters["endpoint"], **parameters}
        )

    def _send(self, server: Any, requests: list[Request]) -> Any:
        """As many calls as it takes for all samples of one question, put together as one response."""
        from openai import BadRequestError

        if not requests[0].letters:
            return self._send_words(server, requests)

        choices: list[Any] = []
        tokens, retries = [0, 0], 0
        while len(choices) < self._samples:
            wanted = min(self._at_once, self._samples - len(choices))
            try:
                response = self._draw(server, requests[0], wanted)
            except BadRequestError:
                if wanted == 1:
                    raise
                self.counts.add(calls=1)
                response, wanted = self._draw(server, requests[0], 1), 1
                self._at_once = 1
            body = _body(response)
            if not body:
                return response
            new = body["choices"][:wanted]
            if len(new) < wanted:  # the server does not heed n
                self._at_once = len(new)
            choices += new
            retries += response.retries_taken
            tokens = [had + more for had, more in zip(tokens, read_usage(body), strict=True)]
            self.counts.add(calls=len(choices) < self._samples)
        usage = dict(zip(("prompt_tokens", "completion_tokens"), tokens, strict=True))
        return _Joined(retries, _Content(json.dumps({"choices": choices, "usage": usage}).encode()))

    def _draw(self, server: Any, request: Request, number: int) -> Any:
        if self._template is not None:
            return server.client.completions.with_raw_response.create(
                model=self._model,
                prompt=self._template.render(request),
                max_tokens=self._answer_tokens,
                temperature=1,
                n=number,
            )
        limit = "max_tokens" if self._answer_tokens == 1 else "max_completion_tokens"
        return server.client.chat.completions.with_raw_response.create(
            model=self._model,
            temperature=1,
            n=number,
            messages=[
                {"role": "system", "content": request.system},
                {"role": "user", "content": request.user},
            ],
            **{limit: self._answer_tokens},
        )

    def _read(self, content: bytes, requests: list[Request]) -> list[Reply]:
        if not requests[0].letters:
            return super()._read(content, requests)
        body = _parsed(content)
        if not body:
            self.counts.add(invalid=1)
            return [Unanswered("read", "the server sent no choices")]
        tokens_in, tokens_out = read_usage(body)
        self.counts.add(tokens_in=tokens_in, tokens_out=tokens_out)
        letters = requests[0].letters
        try:
            answer = counted((letter_of(text_of(choice), letters) for choice in body["choices"]), letters)
        except Unreadable as error:
            self.counts.add(invalid=1)
            return [Unanswered("read", str(error))]
        return [answer._replace(tokens_in=tokens_in, tokens_out=tokens_out)]


class _Content(NamedTuple):
    content: bytes


class _Joined(NamedTuple):
    """Several responses as the client reads one."""

    retries_taken: int
    http_response: _Content


def _body(response: Any) -> dict[str, Any]:
    return _parsed(response.http_response.content)


def _parsed(content: bytes) -> dict[str, Any]:
    """The reply if it holds choices, else nothing."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    choices = body.get("choices") if isinstance(body, dict) else None
    whole = isinstance(choices, list) and choices and all(isinstance(choice, dict) for choice in choices)
    return body if whole else {}
