"""Asks a model that gives no log-probabilities: the same question k times, the letters of the answers counted."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from windtunnel.agents.llm.client import OpenAIModel, Reply
from windtunnel.agents.llm.reading.answers import body_of, read_usage
from windtunnel.agents.llm.reading.failures import refuses
from windtunnel.agents.llm.reading.letters import letter_of, options_of
from windtunnel.agents.llm.reading.replies import Unreadable, said, text_of, thinks
from windtunnel.agents.llm.request import Answer, Request
from windtunnel.agents.minds.base import Unanswered


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
        raise Unreadable(f"none of {len(every)} answers is or names one of the letters {''.join(letters)}")
    share = math.log(readable / len(every))
    whole = readable + len(letters)
    return Answer(tuple(share + math.log((counts[letter] + 1) / whole) for letter in letters))


class SampledModel(OpenAIModel):
    """An OpenAI-compatible server's answers by counting: `samples` of them a question, at temperature 1.

    They come by one call with `n=samples` where the server allows it, else by as many calls as it takes. An answer
    may have `answer_tokens` tokens, thoughts included; with `plain` it must begin with its letter. Chance here is the
    server's, so an answer means something only once it is kept: the number of samples is part of what it is kept under.
    Other options are those of `OpenAIModel`.
    """

    def __init__(self, *, samples: int, answer_tokens: int = 1, plain: bool = False, **options: Any) -> None:
        thoughts = answer_tokens if answer_tokens > 1 else 0
        super().__init__(**(options | {"batch": 1, "thoughts": thoughts}))
        self._samples, self._answer_tokens, self._plain = samples, answer_tokens, plain
        self._at_once = samples
        parameters = {"choice": "sampled", "samples": samples, "temperature": 1, "max_tokens": answer_tokens}
        changed = {key: value for key, value in self.takes.changes().items() if key != "top"}
        self.identity = replace(
            self.identity,
            parameters={
                "endpoint": self.identity.parameters["endpoint"],
                **parameters,
                **changed,
                **({"plain": True} if plain else {}),
            },
        )

    def _send(self, server: Any, requests: list[Request]) -> Any:
        """As many calls as it takes for all samples of one question, put together as one response."""
        from openai import APIStatusError

        if not requests[0].letters:
            return self._send_words(server, requests)

        choices: list[Any] = []
        tokens, retries = [0, 0], 0
        while len(choices) < self._samples:
            wanted = 1 if "n" in self.takes.without else min(self._at_once, self._samples - len(choices))
            try:
                response = self._draw(server, requests, wanted)
            except APIStatusError as error:
                if wanted == 1 or not refuses(error):
                    raise
                self.counts.add(calls=1)
                response, wanted = self._draw(server, requests, 1), 1
                self._at_once = 1
            body = _parsed(response.http_response.content)
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

    def _draw(self, server: Any, requests: list[Request], number: int) -> Any:
        body = {"max_tokens": self._answer_tokens, "temperature": 1, "n": number}
        return self._create(server, requests, body)

    def _read(self, content: bytes, requests: list[Request]) -> list[Reply]:
        body = _parsed(content)
        if not requests[0].letters or not body:
            return super()._read(content, requests)
        tokens_in, tokens_out = read_usage(body)
        self.counts.add(tokens_in=tokens_in, tokens_out=tokens_out)
        letters = requests[0].letters
        found = [self._letter(choice, requests[0]) for choice in body["choices"]]
        try:
            answer = counted((letter for letter, _ in found), letters)
        except Unreadable as error:
            self.counts.add(invalid=1)
            why = Counter(reason for _, reason in found).most_common(1)[0][0]
            return [Unanswered("read", self._hide(f"{error} ({why})"))]
        return [answer._replace(tokens_in=tokens_in, tokens_out=tokens_out)]

    def _letter(self, choice: Mapping[str, Any], request: Request) -> tuple[str | None, str]:
        """The letter that one answer stands for, or None and why not."""
        try:
            text = said(choice)
        except Unreadable as error:
            return None, str(error)
        cut = choice.get("finish_reason") == "length"
        letter = letter_of(text, request.letters, options_of(request.user, request.letters), cut=cut)
        if self._plain and letter and (thinks(str(text_of(choice))) or not _begins(text, letter)):
            letter = None
        return letter, f"one says {' '.join(text.split())[:60]!r}"


def _begins(text: str, letter: str) -> bool:
    first = re.search(r"[^\W_]", text)
    return first is not None and first.group().upper() == letter


class _Content(NamedTuple):
    content: bytes


class _Joined(NamedTuple):
    """Several responses as the client reads one."""

    retries_taken: int
    http_response: _Content


def _parsed(content: bytes) -> dict[str, Any]:
    """The reply if it holds choices, else nothing."""
    try:
        body = body_of(content)
    except Unreadable:
        return {}
    choices = body.get("choices") if isinstance(body, dict) else None
    whole = isinstance(choices, list) and choices and all(isinstance(choice, dict) for choice in choices)
    return body if whole else {}
