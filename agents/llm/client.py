"""Asks any OpenAI-compatible server for the log-probabilities of option letters, many questions at once."""

import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal

from agents.llm.answers import Unreadable, first_token, read_letters
from agents.llm.counts import Counts
from agents.llm.keys import check_base_url, is_loopback, read_key
from agents.llm.request import Answer, Identity, Request
from agents.llm.template import TEMPLATES, Template, template_messages, template_of
from agents.minds.base import Unanswered

if TYPE_CHECKING:
    from openai import OpenAI

Reply = Answer | Unanswered


class OpenAIModel:
    """A model behind an OpenAI-compatible server.

    `endpoint` is `chat` (one question a call, messages) or `completions`, where we apply the chat template
    and send `batch` prompts a call (llama.cpp and vLLM take lists; llama.cpp then reports the tokens of the
    first alone). `template` names one of ours, or `server` to learn llama.cpp's own. `top` is how many
    likely tokens come back (OpenAI allows 20, llama.cpp and vLLM more). Questions are sent in the order of
    their words, so that neighbours share a beginning in the server's cache. A question that is refused,
    unreachable or unreadable after `max_retries` more tries is `Unanswered`; once a server is out of reach,
    the rest of that batch is not tried.
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
        counts: Counts | None = None,
    ) -> None:
        self.counts = counts or Counts()
        self._model, self._endpoint, self._top = model, endpoint, top
        self._batch = batch if endpoint == "completions" else 1
        self._concurrency, self._max_retries = concurrency, max_retries
        self._key_env, self._key = key_env, read_key(key_env)
        self._base_url = base_url
        self._client = _client(base_url, self._key, max_retries, timeout)
        self._template = self._find_template(template) if endpoint == "completions" else None
        self.identity = Identity(
            model=model,
            digest=digest,
            source=base_url,
            template=json.dumps(self._template) if self._template else "messages",
            parameters={"endpoint": endpoint, "max_tokens": 1, "temperature": 0, "top": top},
        )

    def ask(self, requests: Sequence[Request]) -> list[Reply]:
        order = sorted(range(len(requests)), key=lambda index: requests[index])
        chunks = [order[start : start + self._batch] for start in range(0, len(order), self._batch)]
        down = threading.Event()
        pool = ThreadPoolExecutor(self._concurrency)
        try:
            answers = list(
                pool.map(lambda chunk: self._ask_chunk([requests[index] for index in chunk], down), chunks)
            )
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        replies = dict(zip(order, (reply for chunk in answers for reply in chunk), strict=True))
        return [replies[index] for index in range(len(requests))]

    def close(self) -> None:
        self._client.close()

    def _ask_chunk(self, requests: list[Request], down: threading.Event) -> list[Reply]:
        """Answers to one call's questions; those that could not be read are asked again, one by one."""
        replies = self._call(requests, down)
        for _ in range(self._max_retries):
            again = [
                index
                for index, reply in enumerate(replies)
                if isinstance(reply, Unanswered) and reply.stage == "read"
            ]
            self.counts.add(retries=len(again))
            for index in again:
                replies[index] = self._call([requests[index]], down)[0]
        return replies

    def _call(self, requests: list[Request], down: threading.Event) -> list[Reply]:
        from openai import APIConnectionError, APIStatusError, BadRequestError, OpenAIError

        if down.is_set():
            return [Unanswered("ask", f"not asked: the server at {self._base_url} is out of reach")] * len(
                requests
            )
        try:
            response = self._send(requests)
        except BadRequestError as error:
            self.counts.add(calls=1)
            if len(requests) > 1:  # one prompt that is too long must not fail its neighbours
                middle = len(requests) // 2
                return self._call(requests[:middle], down) + self._call(requests[middle:], down)
            return [Unanswered("ask", self._say(error))]
        except OpenAIError as error:
            tried = self._max_retries if _was_retried(error) else 0
            self.counts.add(calls=1 + tried, retries=tried)
            if isinstance(error, APIConnectionError) or (
                isinstance(error, APIStatusError) and error.status_code in (401, 403)
            ):
                down.set()
            return [Unanswered("ask", self._say(error))] * len(requests)
        self.counts.add(calls=1 + response.retries_taken, retries=response.retries_taken)
        return self._read(response.http_response.content, requests)

    def _send(self, requests: list[Request]) -> Any:
        """The raw response: building the client's typed objects for a hundred candidates costs more than asking."""
        if self._template is not None:
            return self._client.completions.with_raw_response.create(
                model=self._model,
                prompt=[self._template.render(request) for request in requests],
                max_tokens=1,
                temperature=0,
                logprobs=self._top,
            )
        request = requests[0]
        return self._client.chat.completions.with_raw_response.create(
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

    def _read(self, content: bytes, requests: list[Request]) -> list[Reply]:
        try:
            body = json.loads(content)
            choices = {choice.get("index", 0): choice for choice in body["choices"]}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.counts.add(invalid=len(requests))
            return [Unanswered("read", f"the server sent no choices ({type(error).__name__})")] * len(
                requests
            )
        usage = body.get("usage") or {}
        tokens_in, tokens_out = (int(usage.get(name) or 0) for name in ("prompt_tokens", "completion_tokens"))
        self.counts.add(tokens_in=tokens_in, tokens_out=tokens_out)
        replies: list[Reply] = []
        for index, request in enumerate(requests):
            try:
                answer = read_letters(first_token(choices.get(index) or {}), request.letters)
            except Unreadable as error:
                self.counts.add(invalid=1)
                replies.append(Unanswered("read", str(error)))
            else:
                self.counts.add(floored=answer.floored)
                share = len(requests)
                replies.append(answer._replace(tokens_in=tokens_in // share, tokens_out=tokens_out // share))
        return replies

    def _find_template(self, name: str) -> Template:
        if name in TEMPLATES:
            return TEMPLATES[name]
        from openai import OpenAIError

        root = str(self._client.base_url).removesuffix("/").removesuffix("/v1")
        try:
            rendered = self._client.post(
                f"{root}/apply-template", cast_to=object, body={"messages": template_messages()}
            )
            return template_of(rendered["prompt"])  # type: ignore[index]
        except (OpenAIError, KeyError, TypeError) as error:
            raise ValueError(
                f"{self._base_url} does not tell its chat template ({type(error).__name__}): "
                f"set llm.template to one of {', '.join(TEMPLATES)}, or llm.endpoint to chat"
            ) from None

    def _say(self, error: Exception) -> str:
        """What went wrong in one sentence, without the key."""
        from openai import APIConnectionError, APIStatusError

        if isinstance(error, APIConnectionError):
            return (
                f"no answer from {self._base_url} ({type(error).__name__}, {self._max_retries} retries): "
                "is the server running, and llm.base_url right?"
            )
        if isinstance(error, APIStatusError) and error.status_code in (401, 403):
            where = (
                f"the key in ${self._key_env}"
                if self._key_env
                else "a request without a key: set llm.key_env"
            )
            return f"{self._base_url} refused {where} (status {error.status_code})"
        text = " ".join(str(error).split())[:300]
        return f"{self._base_url}: {text.replace(self._key, '***') if self._key else text}"


def _client(base_url: str, key: str, max_retries: int, timeout: float) -> "OpenAI":
    """A client that sends the key it was given and no other, and no loopback question through a proxy."""
    from openai import DefaultHttpxClient, OpenAI

    local = is_loopback(check_base_url(base_url))
    account = "" if local else None  # None would send the account named in OPENAI_ORG_ID
    return OpenAI(
        base_url=base_url,
        api_key=key or "none",
        organization=account,
        project=account,
        max_retries=max_retries,
        timeout=timeout,
        http_client=DefaultHttpxClient(trust_env=not local, timeout=timeout),
    )


def _was_retried(error: Exception) -> bool:
    """Whether the openai client tries again on such an error before it gives up."""
    from openai import APIConnectionError, APIStatusError

    if isinstance(error, APIStatusError):
        return error.status_code in (408, 409, 429) or error.status_code >= 500
    return isinstance(error, APIConnectionError)
