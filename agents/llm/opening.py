"""Opens the model that settings name: starts its server where it needs one, and puts store and budget around it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from windtunnel.agents.llm.cache import default_store
from windtunnel.agents.llm.request import Model
from windtunnel.agents.llm.settings import LLMSettings


@contextmanager
def serving(settings: LLMSettings) -> Iterator[LLMSettings]:
    """Settings whose server runs while the block does; worker processes open their models from them.

    Only `embedded` and `vllm` start anything, and not if a `base_url` is given. Missing weights are fetched, with a
    progress bar; a vLLM server tells its start-up on standard error. Servers that an earlier run gave up are tried again.
    """
    from windtunnel.agents.llm.connection.servers import forget_breakers

    forget_breakers()
    if settings.kind == "vllm" and not settings.base_url:
        with _serving_vllm(settings) as ready:
            yield ready
        return
    if settings.kind != "embedded" or settings.base_url:
        yield settings
        return
    from windtunnel.agents.llm.backends.embedded import embedded_server
    from windtunnel.agents.llm.model_files.weights import fetch_weights, named, progress_bar, resolve

    weights = resolve(settings.model, settings.weights)
    with progress_bar(named(weights)) as progress:
        path, digest = fetch_weights(weights, progress)
    with embedded_server(path, threads=settings.threads, context=settings.context) as address:
        yield settings.model_copy(update={"base_url": address, "model": named(weights), "digest": digest})


@contextmanager
def _serving_vllm(settings: LLMSettings) -> Iterator[LLMSettings]:
    from windtunnel.agents.llm.backends.vllm import model_digest, served_name, vllm_server

    check_vllm(settings)
    name = served_name(settings.model)
    with vllm_server(
        settings.model,
        name=name,
        python=settings.python,
        serve_args=settings.serve_args,
        top=settings.top,
        start_timeout=settings.start_timeout,
    ) as address:
        digest = settings.digest or model_digest(settings.model, settings.serve_args)
        yield settings.model_copy(update={"base_url": address, "model": name, "digest": digest})


def check_vllm(settings: LLMSettings) -> None:
    """An error in one sentence if a vLLM server of these settings cannot even be started."""
    from windtunnel.agents.llm.backends.vllm import launcher

    if not settings.model:
        raise ValueError(
            "llm.model is empty: name a model on the hub, or the folder of one, for vLLM to serve"
        )
    launcher(settings.python)


def open_model(settings: LLMSettings, *, plain: bool = False) -> Model:
    """The model of settings whose server runs, behind its store; `ValueError` if an address or key is missing.

    With `plain`, answers that are counted must begin with their letter.
    """
    model = _within_budget(_bare_model(settings, plain), settings)
    if settings.store == "none":
        if settings.choice == "sampled":
            raise ValueError(
                "llm.choice=sampled needs a store, since asked again a model answers otherwise: set llm.store to a file"
            )
        return model
    from windtunnel.agents.llm.store import Stored

    return Stored(model, _open_store(settings.store))


def _open_store(where: str | None) -> Any:
    """The store of a file, or of the process that owns it for a cluster."""
    from windtunnel.agents.llm.store import ResponseStore
    from windtunnel.agents.llm.store_owner import OWNED, RemoteStore

    if where and where.startswith(OWNED):
        return RemoteStore(where)
    return ResponseStore(Path(where).expanduser() if where else default_store())


def _within_budget(model: Model, settings: LLMSettings) -> Model:
    if settings.budget is None:
        return model
    from windtunnel.agents.llm.costs.budget import Budgeted
    from windtunnel.agents.llm.costs.prices import price_of

    price = price_of(settings)
    if price is None:
        raise ValueError(
            f"llm.budget is set, but nobody says what {settings.model} costs: set llm.price_in and llm.price_out"
        )
    return Budgeted(model, settings, price)


def _bare_model(settings: LLMSettings, plain: bool) -> Model:
    if settings.kind == "fake":
        from windtunnel.agents.llm.fake import FakeModel

        return FakeModel()
    if not settings.base_url:
        starts = settings.kind in ("embedded", "vllm")
        how = "open it inside `with serving(...)`" if starts else "set llm.base_url"
        raise ValueError(f"llm={settings.kind} has no server address: {how}")
    if not settings.model:
        raise ValueError("llm.model is empty: name the model that the server offers")
    from windtunnel.agents.llm.client import OpenAIModel
    from windtunnel.agents.llm.sampled import SampledModel

    sampled = settings.choice == "sampled"
    make: Callable[..., OpenAIModel] = SampledModel if sampled else OpenAIModel
    counting = {"samples": settings.samples, "answer_tokens": settings.answer_tokens, "plain": plain}
    return make(
        **(counting if sampled else {}),
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
        requests_per_minute=settings.requests_per_minute,
        give_up_after=settings.give_up_after,
        seeded=settings.seeded,
        allow_remote_text=settings.allow_remote_text,
        takes=settings.takes,
    )
