"""The `llm` part of a config, checked: which model answers, how it is reached, where its answers are kept."""

import difflib
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from windtunnel.agents.llm.connection.takes import Takes
from windtunnel.agents.llm.keys import check_base_url, check_key_name
from windtunnel.agents.llm.model_files.gguf import Weights

HOW_ASKED = (
    "base_url",
    "key_env",
    "batch",
    "concurrency",
    "max_retries",
    "timeout",
    "requests_per_minute",
    "give_up_after",
    "budget",
    "price_in",
    "price_out",
    "ledger",
    "threads",
    "python",
    "start_timeout",
    "weights",
    "least_mass",
    "allow_remote_text",
)
"""Settings of a language model that say how it is reached and what it may cost, never what it answers."""


class LLMSettings(BaseModel):
    """How to reach a model. It never holds a key: `key_env` names the environment variable that does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["embedded", "openai", "vllm", "fake"]
    model: str = ""
    base_url: str = ""
    """Address up to `/v1`, or several (a list, or parted by commas) that serve one model and share its questions;
    empty for `embedded` and `vllm` until their server runs."""
    key_env: str | None = None
    digest: str = ""
    """SHA-256 of the weights, where known; answers are then shared between servers of the same file."""
    endpoint: Literal["chat", "completions"] = "chat"
    template: Literal["server", "chatml", "plain"] = "server"
    top: int = Field(20, ge=2)
    batch: int = Field(1, ge=1)
    concurrency: int = Field(4, ge=1)
    max_retries: int = Field(2, ge=0)
    timeout: float = Field(60.0, gt=0)
    """Seconds for one attempt, however slowly its reply comes."""
    requests_per_minute: float | None = Field(None, gt=0)
    """Attempts a minute to one server, of all processes of this machine together; null: no limit of ours."""
    give_up_after: int = Field(10, ge=0)
    """Failed calls in a row after which a server is asked no more for a while; 0: never."""
    store: str | None = None
    """The file of answers; null: in the user's cache folder; `none`: answers are not kept."""
    weights: Weights = Weights()
    context: int = Field(4096, ge=256)
    """Longest question in tokens; of a member's longer one the oldest lines of the thread are cut."""
    choice: Literal["logprobs", "sampled", "auto"] = "auto"
    """How an answer is had: the log-probabilities of the letters, or `samples` answers counted; `auto` asks once."""
    seeded: bool = False
    """Send a seed of ours with every request for words, for a server that heeds it: the same weights then write the
    same; without one the words are whatever the server wrote first."""
    allow_remote_text: bool = False
    """Let words of imported threads go to a server that is not this machine."""
    samples: int = Field(16, ge=1, le=1000)
    answer_tokens: int = Field(1, ge=1)
    """Tokens that a sampled answer may have: more for a model that thinks before it answers."""
    least_mass: float = Field(0.1, ge=0, le=1)
    """Share of the probability that the letters must get; under it no run starts."""
    budget: float | None = Field(None, ge=0)
    """What a command may spend, in the currency of the prices; null: no limit."""
    price_in: float | None = Field(None, ge=0)
    """For a million tokens of questions, and `price_out` of answers; null: as conf/prices.yaml says."""
    price_out: float | None = Field(None, ge=0)
    ledger: str | None = None
    """The file in which the processes of one command add up what they spend; made where there is a budget."""
    threads: int | None = Field(None, ge=1)
    python: str | None = None
    """An interpreter, or a `vllm` program, that has vLLM; null: this one."""
    serve_args: tuple[str, ...] = ()
    """More arguments for `vllm serve`."""
    start_timeout: float = Field(900.0, gt=0)
    """Seconds until a vLLM server must be ready."""
    takes: Takes = Takes()
    """What the server takes, as a probe found out; nobody sets it."""

    @field_validator("key_env")
    @classmethod
    def _names_a_variable(cls, name: str | None) -> str | None:
        return check_key_name(name)

    @field_validator("base_url", mode="before")
    @classmethod
    def _several_as_one(cls, url: Any) -> Any:
        return ",".join(map(str, url)) if isinstance(url, (list, tuple)) else url

    @field_validator("serve_args", mode="before")
    @classmethod
    def _are_ours_to_pass_on(cls, given: Any) -> tuple[str, ...]:
        from windtunnel.agents.llm.backends.vllm import checked_arguments, split_arguments

        return tuple(checked_arguments(split_arguments(given)))

    @field_validator("base_url")
    @classmethod
    def _holds_no_password(cls, url: str) -> str:
        return (
            ",".join(dict.fromkeys(_bare(check_base_url(one.strip())) for one in url.split(",")))
            if url
            else url
        )


def _bare(url: str) -> str:
    """An address without the page that we add ourselves.

    >>> _bare("http://127.0.0.1:8000/v1/chat/completions/"), _bare("http://127.0.0.1:8000/v1/")
    ('http://127.0.0.1:8000/v1', 'http://127.0.0.1:8000/v1')
    """
    return url.rstrip("/").removesuffix("/completions").removesuffix("/chat").rstrip("/")


def read_settings(config: Mapping[str, Any]) -> LLMSettings:
    """The checked settings; `ValueError` names the key, what is wrong with it, and the nearest key there is.

    Values are not repeated: somebody may have written a key into the wrong place.
    """
    try:
        return LLMSettings.model_validate(dict(config))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(["llm", *map(str, first["loc"])])
        near = difflib.get_close_matches(str(first["loc"][-1]), LLMSettings.model_fields, 1)
        hint = f"; did you mean llm.{near[0]}?" if first["type"] == "extra_forbidden" and near else ""
        raise ValueError(f"{name}: {first['msg'].removeprefix('Value error, ')}{hint}") from None
