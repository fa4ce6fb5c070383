"""The `llm` part of a config, checked: which model answers, how it is reached, where its answers are kept."""

import difflib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from agents.llm.cache import default_store
from agents.llm.keys import check_base_url, check_key_name
from agents.llm.request import Model
from agents.llm.weights import Weights


class LLMSettings(BaseModel):
    """How to reach a model. It never holds a key: `key_env` names the environment variable that does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["embedded", "openai", "fake"]
    model: str = ""
    base_url: str = ""
    """Address up to `/v1`; empty for `embedded` until its server runs."""
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
    """Seconds for one call."""
    store: str | None = None
    """The file of answers; null: in the user's cache folder; `none`: answers are not kept."""
    weights: Weights = Weights()
    context: int = Field(4096, ge=256)
    """Longest question of the embedded server, in tokens."""
    threads: int | None = Field(None, ge=1)

    @field_validator("key_env")
    @classmethod
    def _names_a_variable(cls, name: str | None) -> str | None:
        return check_key_name(name)

    @field_validator("base_url")
    @classmethod
    def _holds_no_password(cls, url: str) -> str:
        return check_base_url(url) if url else url


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


@contextmanager
def serving(settings: LLMSettings) -> Iterator[LLMSettings]:
    """Settings whose server runs while the block does; worker processes open their models from them.

    Only `embedded` starts anything, and not if a `base_url` is given. Missing weights are fetched, with a
    progress bar.
    """
    if settings.kind != "embedded" or settings.base_url:
        yield settings
        return
    from agents.llm.embedded import embedded_server
    from agents.llm.weights import fetch_weights, named, progress_bar, resolve

    weights = resolve(settings.model, settings.weights)
    with progress_bar(named(weights)) as progress:
        path, digest = fetch_weights(weights, progress)
    with embedded_server(path, threads=settings.threads, context=settings.context) as address:
        yield settings.model_copy(update={"base_url": address, "model": named(weights), "digest": digest})


def open_model(settings: LLMSettings) -> Model:
    """The model of settings whose server runs, behind its store; `ValueError` if an address or key is missing."""
    model = _bare_model(settings)
    if settings.store == "none":
        return model
    from agents.llm.store import ResponseStore, Stored

    path = Path(settings.store).expanduser() if settings.store else default_store()
    return Stored(model, ResponseStore(path))


def _bare_model(settings: LLMSettings) -> Model:
    if settings.kind == "fake":
        from agents.llm.fake import FakeModel

        return FakeModel()
    if not settings.base_url:
        how = "open it inside `with serving(...)`" if settings.kind == "embedded" else "set llm.base_url"
        raise ValueError(f"llm={settings.kind} has no server address: {how}")
    if not settings.model:
        raise ValueError("llm.model is empty: name the model that the server offers")
    from agents.llm.client import OpenAIModel

    return OpenAIModel(
        base_url=settings.base_url,
        model=settings.model,
        key_env=settings.key_env,
        endpoint=settings.endpoint,
        template=settings.template,
        top=settings.top,
        batch=settings.batch,
        concurrency=settings.concurrency,
        max_retries=settings.max_retries,
        timeout=settings.timeout,
        digest=settings.digest,
    )
