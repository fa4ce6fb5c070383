"""Asks any OpenAI-compatible server for log-probabilities of option letters or for words, many questions at once."""

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, Literal

from windtunnel.agents.llm.answers import (
    UnfitWords,
    Unreadable,
    choices_by_index,
    first_token,
    read_cached,
    read_letters,
    read_usage,
    read_words,
    text_of,
)
from windtunnel.agents.llm.cache import cache_folder
from windtunnel.agents.llm.counts import Counts
from windtunnel.agents.llm.keys import read_key
from windtunnel.agents.llm.pace import Pace
from windtunnel.agents.llm.remote import Destinations
from windtunnel.agents.llm.request import Answer, Identity, Request, hash_of
from windtunnel.agents.llm.servers import Server, Servers, breaker_of
from windtunnel.agents.llm.spoken import CHARACTERS, another, sampling, words_body
from windtunnel.agents.llm.template import TEMPLATES, Template, template_messages, template_of
from windtunnel.agents.llm.transport import openai_client
from windtunnel.agents.llm.vllm_template import vllm_template
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
    `give_up_after` calls in a row for longer (see `windtunnel.agents.llm.servers.Breaker`). Words are asked for with a seed of ours
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
        counts: Counts | None = None,
    ) -> None:
        self.counts = counts or Counts()
        self._seeded, self._structured, self._thoughts = seeded, True, thoughts
        self._model, self._endpoint, self._top = model, endpoint, top
        self._batch = batch if endpoint == "completions" else 1
        self._max_retries = max_retries
        self._key_env, self._key = key_env, read_key(key_env)
        addresses = base_url.split(",")
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
            parameters={"endpoint": endpoint, "max_tokens": 1, "temperature": 0, "top": top},
            words={"endpoint": endpoint, "seeded": seeded, "thoughts": thoughts, **sampling(thoughts)},
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
        from openai import BadRequestError

        tried: list[Server] = []
        replies: list[Reply] = []
        while len(tried) < len(self._servers.all):
            server = self._servers.take(tried)
            if isinstance(server, str):
                return replies or [Unanswered("ask", f"not asked: {server}")] * len(requests)
            try:
                replies, heard = self._try(server, requests)
            except BadRequestError as error:
                self.counts.add(calls=1)
                if len(requests) == 1:
                    return [Unanswered("ask", self._say(error, server))]
                heard = False
            finally:
                self._servers.give(server)
            if heard:
                return replies
            if not replies:  # one prompt that is too long must not fail its neighbours
                middle = len(requests) // 2
                return self._call(requests[:middle]) + self._call(requests[middle:])
            tried.append(server)
        return replies

    def _try(self, server: Server, requests: list[Request]) -> tuple[list[Reply], bool]:
        """What one server replies, and whether it replied at all; `BadRequestError` if it refuses the question."""
        from openai import BadRequestError, OpenAIError

        try:
            response = self._send(server, requests)
        except BadRequestError:
            raise
        except OpenAIError as error:
            tries = self._max_retries if _was_retried(error) else 0
            self.counts.add(calls=1 + tries, retries=tries)
            reason = self._say(error, server)
            server.breaker.failed(reason)
            if _is_gone(error):
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
        if self._template is not None:
            return server.client.completions.with_raw_response.create(
                model=self._model,
                prompt=[self._template.render(request) for request in requests],
                max_tokens=1,
                temperature=0,
                logprobs=self._top,
            )
        request = requests[0]
        return server.client.chat.completions.with_raw_response.create(
            model=self._model,
            max_tokens=1,
            temperature=0,
            logprobs=True,
            top_logprobs=self._top,
            messages=[
                {"role": "system", "content": request.system},
                {"role": "user", "content": request.user},
            ],
        )

    def _send_words(self, server: Server, requests: list[Request]) -> Any:
        """The raw response to questions for words: as JSON, or plainly by a server that refuses to be told a schema."""
        from openai import BadRequestError

        create = server.client.chat.completions if self._template is None else server.client.completions

        def send(structured: bool) -> Any:
            return create.with_raw_response.create(
                model=self._model,
                **words_body(
                    requests,
                    self._template,
                    structured=structured,
                    seeded=self._seeded,
                    thoughts=self._thoughts,
                ),
            )

        if not self._structured:
            return send(False)
        try:
            return send(True)
        except BadRequestError:
            self.counts.add(calls=1)
            response = send(False)  # if this is refused too, the schema was not why
            self._structured = False
            return response

    def _read(self, content: bytes, requests: list[Request]) -> list[Reply]:
        try:
            body = json.loads(content)
            choices = choices_by_index(body, len(requests))
        except (ValueError, RecursionError) as error:
            self.counts.add(invalid=len(requests))
            told = str(error) if isinstance(error, Unreadable) else f"no JSON ({type(error).__name__})"
            return [Unanswered("read", self._hide(f"the server sent {told}"))] * len(requests)
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
                    answer = Answer((), text=read_words(text_of(choice), CHARACTERS, cut=cut))
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
        from openai import APIConnectionError, APIStatusError

        if isinstance(error, APIConnectionError):
            cause = f"{type(error).__name__}: {error.__cause__}" if error.__cause__ else type(error).__name__
            return self._hide(
                f"no answer from {server.base_url} ({cause}, {self._max_retries} retries): "
                "is the server running, and llm.base_url right?"
            )
        if isinstance(error, APIStatusError) and error.status_code in (401, 403):
            where = (
                f"the key in ${self._key_env}"
                if self._key_env
                else "a request without a key: set llm.key_env"
            )
            return f"{server.base_url} refused {where} (status {error.status_code})"
        if isinstance(error, APIStatusError) and 300 <= error.status_code < 400:
            return (
                f"{server.base_url} sends its questions elsewhere (status {error.status_code}), where they do not follow: "
                "set llm.base_url to the server itself"
            )
        if isinstance(error, APIStatusError):
            return self._hide(f"{server.base_url}: status {error.status_code}, {error}")
        return self._hide(f"{server.base_url}: {error}")

    def _hide(self, text: str) -> str:
        """`text` on one line, not too long, without the key."""
        text = " ".join(text.split())
        return (text.replace(self._key, "***") if self._key else text)[:400]


def _backoff(request: Request, attempt: int) -> float:
    """Seconds before an unreadable answer is asked for again: doubled each time, spread by the question itself."""
    return BACKOFF_S * 2**attempt * (0.5 + 0.5 * hash_of(request) / 2**64)


def _is_gone(error: Exception) -> bool:
    """Whether asking this server anything else is pointless: nobody listens there, or the key is wrong."""
    from openai import APIStatusError

    if isinstance(error, APIStatusError):
        return error.status_code in (401, 403)
    return type(error.__cause__).__name__ in ("ConnectError", "ConnectTimeout")


def _was_retried(error: Exception) -> bool:
    """Whether the openai client tries again on such an error before it gives up."""
    from openai import APIConnectionError, APIStatusError

    if isinstance(error, APIStatusError):
        return error.status_code in (408, 409, 429) or error.status_code >= 500
    return isinstance(error, APIConnectionError)
