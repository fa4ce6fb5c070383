"""Runs a language model inside this process: llama.cpp's own server, on a free loopback port.

One server serves all worker processes. It has one slot and no flash attention, because then an answer depends
on its question alone: measured on SmolLM2-135M, log-probabilities are equal to the last bit whatever was asked
before, in any order, with or without the prefix cache. With flash attention, or with two slots, they drift by
up to 0.5. Several slots are slower too: each keeps its own prefix.
"""

import contextlib
import gc
import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def embedded_server(weights: Path, *, threads: int | None = None, context: int = 4096) -> Iterator[str]:
    """The address (`http://127.0.0.1:PORT/v1`) of a server of `weights` that runs while the block does.

    `context` is the longest question in tokens. `ImportError` without xllamacpp, `ValueError` if the file
    cannot be loaded, `TimeoutError` if the server is not ready within a minute.
    """
    try:
        import xllamacpp
    except ImportError:
        raise ImportError("llm=embedded needs xllamacpp: pip install 'policy-windtunnel[embedded]'") from None
    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx, params.n_parallel, params.n_predict = context, 1, 1
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads or _threads()
    params.n_gpu_layers = 0
    params.fit_params = params.ui = False
    params.verbosity = -1
    try:
        server = xllamacpp.Server(params)
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"llama.cpp cannot load {weights} ({error}): it must be a GGUF file") from None
    address = server.listening_address
    try:
        _wait_until_healthy(address)
        yield f"{address}/v1"
    finally:
        del server  # it has no stop: it ends with its last reference
        gc.collect()


def _threads() -> int:
    """Half of the cores this process may use, at least 1 and at most 8: the rest is the simulation's.

    llama.cpp's threads wait for each other by spinning, so one thread too many costs far more than one too few
    (measured on 2 cores: 13 questions/s with 2 threads on an idle machine, 0.2 to 3 beside busy processes; with
    1 thread 7 and 1.4 to 7).
    """
    with contextlib.suppress(AttributeError):
        return max(1, min(8, len(os.sched_getaffinity(0)) // 2))
    return max(1, min(8, (os.cpu_count() or 1) // 2))


def _wait_until_healthy(address: str, seconds: float = 60.0) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = time.monotonic() + seconds
    while True:
        with contextlib.suppress(urllib.error.URLError, OSError), direct.open(f"{address}/health", timeout=5):
            return
        if time.monotonic() > until:
            raise TimeoutError(f"the embedded server at {address} was not ready within {seconds:.0f} s")
        time.sleep(0.05)
