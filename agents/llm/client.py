"""Asks any OpenAI-compatible server for log-probabilities of option letters or for words, many questions at once."""

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, Literal

from windtunnel.agents.llm.backends.vllm_template import vllm_template
from windtunnel.agents.llm.cache import cache_folder
from windtunnel.agents.llm.connection.pace import Pace
from windtunnel.agents.llm.connection.servers import Server, Servers, breaker_of
from windtunnel.agents.llm.connection.takes import Takes
from windtunnel.agents.llm.connection.transport import openai_client
from windtunnel.agents.llm.costs.counts import Counts
from windtunnel.agents.llm.keys import read_key
from windtunnel.agents.llm.reading.answers import (
    body_of,
    choices_by_index,
    read_cached,
    read_usage,
    read_words,
)
from windtunnel.agents.llm.reading.failures import is_gone, masked, refuses, sentence, was_retried
from windtunnel.agents.llm.reading.letters import first_token, read_letters
from windtunnel.agents.llm.reading.refusals import (
    about_address,
    named_by,
    refused_in,
    without_question,
    words_of,
)
from windtunnel.agents.llm.reading.replies import UnfitWords, Unreadable, said
from windtunnel.agents.llm.remote import Destinations
from windtunnel.agents.llm.request import Answer, Identity, Request, hash_of
from windtunnel.agents.llm.spoken import CHARACTERS, another, sampling, words_body
from windtunnel.agents.llm.template import TEMPLATES, Template, template_messages, template_of
from windtunnel.agents.minds.base import Unanswered

Reply = Answer | Unanswered
UNFIT = "words"
"""The stage of a question whose reply came whole and holds no text."""
BACKOFF_S = 0.25
"""Seconds before an unreadable answer is asked for again, at the most; doubled each time."""


class OpenAIModel:
    """A model behind one or several OpenAI-compatible servers.

    `base_url` is an address or several, parted by commas, that share the questions; `digest`, the SHA-256 of
    their weights, must then say that they hold one and the same model. `endpoint` is `chat` (one question a
    call, messages) or `completions`, where we apply the chat template and send `batch` prompts a call (llama.cpp
    and vLLM take lists; llama.cpp then reports the tokens of the first alone). `template` names one of ours, or
    `server` to learn llama.cpp's own. `top` is how many likely tokens come back (OpenAI allows 20, llama.cpp and
    vLLM more). Questions are sent in the order of their words, so that neighbours share a beginning in the
    server's cache, `concurrency` calls at a time to each server, `requests_per_minute` at the most. A question
    that is refused, unreachable or unreadable after `max_retries` more tries, and by every server, is
    `Unanswered`; a server out of reach is left alone for the rest of that batch, and one that failed
    `give_up_after` calls in a row for longer (see `windtunnel.agents.llm.connection.servers.Breaker`). Words are asked for with a seed of ours
    where the server is `seeded`, and with `thoughts` tokens more for a model that thinks before it writes.
    """

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        key_env: str | None = None,
        endpoint: Literal["chat", "completions"] = "chat",
        template: str = "server",
        top: int = 20,
        batch: int = 1,
        concurrency: int = 4,
        max_retries: int = 2,
        timeout: float = 60.0,
        digest: str = "",
        requests_per_minute: float | None = None,
        give_up_after: int = 10,
        seeded: bool = False,
        thoughts: int = 0,
        allow_remote_text: bool = False,
        takes: Takes = Takes(),  # noqa: B008
        counts: Counts | None = None,
    ) -> None:
        self.counts = counts or Counts()
        self._seeded, self._structured, self._thoughts = seeded, True, thoughts
        self._model, self._endpoint, self._top = model, endpoint, top
        self._batch = batch if endpoint == "completions" else 1
        self._max_retries = max_retries
        self._key_env, self._key = key_env, read_key(key_env)
        self.takes, self.learnt = takes, takes
        self.answered_as: str | None = None
        addresses = base_url.split(",")
        self._addresses = addresses
        if len(addresses) > 1 and not digest:
            raise ValueError(
                f"llm.base_url names {len(addresses)} servers: set llm.digest to the SHA-256 of the weights that "
                "they all serve, or name one server"
            )
        self._servers = Servers(
            [
                Server(
                    address,
                    openai_client(
                        address,
                        self._key,
                        max_retries=max_retries,
                        timeout=timeout,
                        largest=1_000_000 + 500 * top * self._batch,
                        pace=Pace(address, requests_per_minute, cache_folder()),
                    ),
                    breaker_of(address, model, give_up_after),
                )
                for address in addresses
            ],
            concurrency,
        )
        self.destinations = Destinations(addresses, allow_remote_text)
        self._threads = concurrency * len(addresses)
        self._template = self._find_template(template) if endpoint == "completions" else None
        self.identity = Identity(
            model=model,
            digest=digest,
            source=base_url,
            template=json.dumps(self._template) if self._template else "messages",
            parameters={"endpoint": endpoint, "max_tokens": 1, "temperature": 0, "top": top}
            | takes.changes(),
            words={"endpoint": endpoint, "seeded": seeded, "thoughts": thoughts, **sampling(thoughts)}
            | takes.word_changes(),
        )

    def ask(self, requests: Sequence[Request]) -> list[Reply]:
        replies = {index: reply for part in self._parts(requests) for index, reply in part}
        return [replies[index] for index in range(len(requests))]

    def parts(self, requests: Sequence[Request]) -> Iterator[dict[Request, Reply]]:
        """The replies as they come, a call's at a time, so that they can be kept before all are there."""
        for part in self._parts(requests):
            yield {requests[index]: reply for index, reply in part}

    def close(self) -> None:
        self._servers.close()

    def _parts(self, requests: Sequence[Request]) -> Iterator[list[tuple[int, Reply]]]:
        self.destinations.check(requests)
        order = sorted(range(len(requests)), key=lambda index: requests[index])
        chunks = list(self._chunks(requests, order))
        self._servers.new_batch()
        pool = ThreadPoolExecutor(self._threads)
        try:
            asked = {
                pool.submit(self._ask_chunk, [requests[index] for index in chunk]): chunk for chunk in chunks
            }
            for done in as_completed(asked):
                yield list(zip(asked[done], done.result(), strict=True))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _chunks(self, requests: Sequence[Request], order: Sequence[int]) -> Iterator[list[int]]:
        """Places of the questions of each call: letters and words apart, and words with a seed one by one."""
        for words in (False, True):
            kind = [place for place in order if (not requests[place].letters) == words]
            for tokens in dict.fromkeys(requests[place].tokens for place in kind):
                alike = [place for place in kind if requests[place].tokens == tokens]
                size = 1 if words and self._seeded else self._batch
                yield from (alike[start : start + size] for start in range(0, len(alike), size))

    def _ask_chunk(self, requests: list[Request]) -> list[Reply]:
        """Answers to one call's questions; those that could not be read are asked again, one by one.

        What was lost on its way is asked again as it was, so that a fault changes no words; only a text that the
        model wrote and that is unfit is asked for with another seed.
        """
        replies = self._call(requests)
        unfit = [0] * len(requests)
        for attempt in range(self._max_retries):
            again = [
                index
                for index, reply in enumerate(replies)
                if isinstance(reply, Unanswered) and reply.stage in ("read", UNFIT)
            ]
            self.counts.add(retries=len(again))
            for index in again:
                time.sleep(_backoff(requests[index], attempt))
                unfit[index] += replies[index].stage == UNFIT  # type: ignore[union-attr]
                replies[index] = self._call([another(requests[index], unfit[index])])[0]
        return replies

    def _call(self, requests: list[Request]) -> list[Reply]:
        """The replies of one call, by the next server where one gives none."""
        from openai import APIStatusError

        tried: list[Server] = []
        replies: list[Reply] = []
        while len(tried) < len(self._servers.all):
            server = self._servers.take(tried)
            if isinstance(server, str):
                return replies or [Unanswered("ask", f"not asked: {server}")] * len(requests)
            try:
                replies, heard = self._try(server, requests)
            except APIStatusError as error:
                self.counts.add(calls=1)
                if len(requests) == 1:
                    return [Unanswered("ask", without_question(self._say(error, server), requests[0]))]
                heard = False
            finally:
                self._servers.give(server)
            if heard:
                return replies
            if not replies:  # one prompt that is too long must not fail its neighbours
                return self._halved(requests)
            tried.append(server)
        return replies

    def _halved(self, requests: list[Request]) -> list[Reply]:
        """The replies to questions that were refused together; two that are fine apart are asked apart from now on."""
        middle = len(requests) // 2
        replies = self._call(requests[:middle]) + self._call(requests[middle:])
        if len(requests) == 2 and all(isinstance(reply, Answer) for reply in replies):
            self._batch = 1
        return replies

    def _try(self, server: Server, requests: list[Request]) -> tuple[list[Reply], bool]:
        """What one server replies, and whether it replied at all; `APIStatusError` if it refuses the question."""
        from openai import OpenAIError

        try:
            response = self._send(server, requests)
        except OpenAIError as error:
            if refuses(error):
                raise
            tries = self._max_retries if was_retried(error) else 0
            self.counts.add(calls=1 + tries, retries=tries)
            reason = self._say(error, server)
            server.breaker.failed(reason)
            if is_gone(error):
                server.gone = f"the server at {server.base_url} is out of reach"
            return [Unanswered("ask", reason)] * len(requests), False
        self.counts.add(calls=1 + response.retries_taken, retries=response.retries_taken)
        replies = self._read(response.http_response.content, requests)
        lost = [reply.reason for reply in replies if isinstance(reply, Unanswered)]
        if len(lost) == len(replies):
            server.breaker.failed(lost[0])
        else:
            server.breaker.worked()
        return replies, True

    def _send(self, server: Server, requests: list[Request]) -> Any:
        """The raw response: building the client's typed objects for a hundred candidates costs more than asking."""
        if not requests[0].letters:
            return self._send_words(server, requests)
        body = {"max_tokens": 1, "temperature": 0}
        if self._template is not None:
            body |= {"logprobs": self._top}
        else:
            body |= {"logprobs": True, "top_logprobs": self._top}
        return self._create(server, requests, body)

    def _create(self, server: Server, requests: list[Request], body: dict[str, Any]) -> Any:
        """The raw response to a call; what a server says it does not take is left out, unless answers would be others."""
        from openai import APIStatusError

        if self._template is not None:
            body = {"prompt": [self._template.render(request) for request in requests], **body}
        else:
            said = (("system", requests[0].system), ("user", requests[0].user))
            body = {"messages": [{"role": role, "content": words} for role, words in said], **body}
        kind = server.client.chat.completions if self._template is None else server.client.completions
        while True:
            takes = self.takes
            sent = takes.fitted(body)
            try:
                response = kind.with_raw_response.create(model=self._model, **sent)
            except APIStatusError as error:
                if not self._heeds(error.response.content, takes, sent):
                    raise
            else:
                content = response.http_response.content
                if not (refused_in(content) and self._heeds(content, takes, sent)):
                    return response
            self.counts.add(calls=1)

    def _heeds(self, refusal: bytes, takes: Takes, sent: dict[str, Any]) -> bool:
        """Whether to ask again with less, after a server refused what was `sent`; what it says is kept as `learnt`."""
        if self.takes is not takes:  # another thread has learnt something meanwhile
            return True
        less = takes.learnt(words_of(refusal), named_by(refusal), sent)
        if less is None:
            return False
        self.learnt = less
        if "logprobs" in less.without or less.changes_answers(takes):
            return False
        self.takes = less
        return True

    def _send_words(self, server: Server, requests: list[Request]) -> Any:
        """The raw response to questions for words: as JSON, or plainly by a server that refuses to be told a schema."""
        from openai import APIStatusError

        def send(structured: bool) -> Any:
            body = words_body(
                requests,
                prompts=self._template is not None,
                structured=structured,
                seeded=self._seeded,
                thoughts=self._thoughts,
            )
            return self._create(server, requests, body)

        if not self._structured:
            return send(False)
        try:
            return send(True)
        except APIStatusError as error:
            if not refuses(error):
                raise
            self.counts.add(calls=1)
            response = send(False)  # if this is refused too, the schema was not why
            self._structured = False
            return response

    def _read(self, content: bytes, requests: list[Request]) -> list[Reply]:
        try:
            body = body_of(content)
            choices = choices_by_index(body, len(requests))
        except Unreadable as error:
            self.counts.add(invalid=len(requests))
            return [Unanswered("read", self._lost(error, requests[0]))] * len(requests)
        named = body.get("model")
        if isinstance(named, str) and named and self.answered_as is None:
            self.answered_as = named
        tokens_in, tokens_out = read_usage(body)
        self.counts.add(tokens_in=tokens_in, tokens_out=tokens_out, tokens_cached=read_cached(body))
        replies: list[Reply] = []
        for index, request in enumerate(requests):
            try:
                choice = choices.get(index) or {}
                if request.letters:
                    answer = read_letters(first_token(choice), request.letters)
                else:
                    cut = choice.get("finish_reason") == "length"
                    answer = Answer((), text=read_words(said(choice), CHARACTERS, cut=cut))
            except Unreadable as error:
                self.counts.add(invalid=1)
                stage = UNFIT if isinstance(error, UnfitWords) else "read"
                replies.append(Unanswered(stage, self._hide(str(error))))
            else:
                self.counts.add(floored=answer.floored)
                share = len(requests)
                replies.append(answer._replace(tokens_in=tokens_in // share, tokens_out=tokens_out // share))
        return replies

    def _find_template(self, name: str) -> Template:
        if name in TEMPLATES:
            return TEMPLATES[name]
        told = {server.base_url: self._ask_template(server) for server in self._servers.all}
        if len(set(told.values())) > 1:
            raise ValueError(
                f"the servers {', '.join(told)} have different chat templates: set llm.template to one of "
                + ", ".join(TEMPLATES)
            )
        return next(iter(told.values()))

    def _ask_template(self, server: Server) -> Template:
        from openai import NotFoundError, OpenAIError

        root = str(server.client.base_url).removesuffix("/").removesuffix("/v1")

        def post(path: str, body: dict[str, Any]) -> Any:
            return server.client.post(f"{root}{path}", cast_to=object, body=body)

        try:
            try:
                return template_of(post("/apply-template", {"messages": template_messages()})["prompt"])
            except NotFoundError:  # not llama.cpp
                return vllm_template(post, self._model)
        except (OpenAIError, KeyError, TypeError) as error:
            raise ValueError(
                f"{server.base_url} does not tell its chat template ({type(error).__name__}): "
                f"set llm.template to one of {', '.join(TEMPLATES)}, or llm.endpoint to chat"
            ) from None

    def _say(self, error: Exception, server: Server) -> str:
        """What went wrong in one sentence, without the key."""
        return sentence(
            error, server.base_url, key_env=self._key_env, key=self._key, retries=self._max_retries
        )

    def _lost(self, error: Unreadable, request: Request) -> str:
        """The reason of a reply that holds no choices, with a word on the address."""
        about = about_address(self._addresses[0]) if len(self._addresses) == 1 else ""
        return self._hide(without_question(f"the server sent {error}{about}", request))

    def _hide(self, text: str) -> str:
        return masked(text, self._key)


def _backoff(request: Request, attempt: int) -> float:
    """Seconds before an unreadable answer is asked for again: doubled each time, spread by the question itself."""
    return BACKOFF_S * 2**attempt * (0.5 + 0.5 * hash_of(request) / 2**64)
