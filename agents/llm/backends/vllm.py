"""Runs a vLLM server beside a run: started on a free loopback port, waited for, and ended with it, whatever happens."""

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

GUARDIAN = Path(__file__).with_name("guardian.py")
COMMAND = Path(__file__).with_name("vllm_command.py")
GRACE_S = 10.0
"""Seconds that the server has to end by itself before it is killed."""
OURS = ("--host", "--port", "--served-model-name", "--max-logprobs", "--api-key", "--uds", "--config")
"""Arguments of `vllm serve` that cannot be given: we set them, or (a key, a file that may hold one) they would be
written down."""
STATES = (
    (re.compile(r"Starting to load model|Loading .*checkpoint|Loading weights"), "loading weights"),
    (re.compile(r"Loading weights took|Model loading took"), "weights loaded"),
    (re.compile(r"torch\.compile|Dynamo bytecode|[Cc]ompiling|[Ww]arming up"), "compiling and warming up"),
    (re.compile(r"Starting vLLM|Application startup complete"), "opening its port"),
)
"""Words of vLLM's log and the start-up state they tell."""
EVERY_S = 15.0
"""Seconds after which an unchanged state is told again."""
CAUSE = re.compile(r"\b([A-Z]\w*(?:Error|Exception|Exit): .+)")
"""An error in vLLM's log; the first one is the cause, those after it tell that something failed."""
KEPT = 60
"""Last lines of the log that are kept for an error."""
SHOWN = 12

Tell = Callable[[str], None]


@contextlib.contextmanager
def vllm_server(
    model: str,
    *,
    name: str,
    python: str | None = None,
    serve_args: Sequence[str] = (),
    top: int = 20,
    start_timeout: float = 900.0,
    tell: Tell | None = None,
) -> Iterator[str]:
    """The address (`http://127.0.0.1:PORT/v1`) of a `vllm serve` of `model`, offered as `name`, while the block lasts.

    `python` is an interpreter that has vLLM, or a `vllm` program; None: this one. `tell` gets a line for each state of
    the start. `ImportError` or `FileNotFoundError` without vLLM, `ValueError` for arguments that cannot be given,
    `RuntimeError` with the last lines of its log if it ends before it answers, `TimeoutError` if it never does.
    """
    start = [*launcher(python), "serve", model, *_arguments(name, top), *checked_arguments(serve_args)]
    port = _free_port()
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-I", str(GUARDIAN), str(GRACE_S), *start, "--port", str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # Ctrl-C reaches us alone, and we end it in order
        env=_environment(),
    )
    log = _Log(process)
    say = tell or _to_standard_error
    try:
        _wait_until_healthy(process, log, port, start_timeout, say)
        say(f"vLLM: ready after {time.monotonic() - started:.0f} s")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        _end(process)
        log.join()


def launcher(python: str | None) -> list[str]:
    """The command that stands for `vllm`; `ImportError` or `FileNotFoundError` says what would work."""
    if python is None:
        if importlib.util.find_spec("vllm") is None:
            raise ImportError(
                "llm=vllm needs vLLM: pip install 'policy-windtunnel[vllm]', or set llm.python to an interpreter "
                "that has it"
            )
        return [sys.executable, str(COMMAND)]
    found = shutil.which(Path(python).expanduser())
    if found is None:
        raise FileNotFoundError(
            f"llm.python names {python}, which is no program that can be run: give the python, or the bin/vllm, "
            "of an environment that has vLLM"
        )
    return [found] if Path(found).name == "vllm" else [found, str(COMMAND)]


def checked_arguments(given: Sequence[str]) -> list[str]:
    """The arguments for `vllm serve`; `ValueError` for one that is ours to set. No argument is repeated in the message."""
    for argument in given:
        name = argument.partition("=")[0].replace("_", "-")
        taken = next((ours for ours in OURS if name == ours), None)
        if taken:
            raise ValueError(f"llm.serve_args holds {taken}, which cannot be given there: leave it out")
    return list(given)


def split_arguments(given: str | Sequence[str] | None) -> tuple[str, ...]:
    """Words of a command line, or a list of them.

    >>> split_arguments("--dtype float32 --max-model-len=2048")
    ('--dtype', 'float32', '--max-model-len=2048')
    """
    return tuple(shlex.split(given) if isinstance(given, str) else map(str, given or ()))


def served_name(model: str) -> str:
    """What the server calls a model: its name on the hub, or a folder's last part, which tells no machine's path."""
    return Path(model).expanduser().resolve().name if Path(model).expanduser().is_dir() else model


def model_digest(model: str, serve_args: Sequence[str] = ()) -> str:
    """SHA-256 over what decides the answers: the model's files (or its hub commit) and the arguments; empty if unknown.

    A model from the hub is known by the commit in the hub's cache, so ask once it is loaded. An empty digest keeps
    answers of this server from being taken for those of another one.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        whole = {str(path.relative_to(folder)): _sha256(path) for path in files}
    elif commit := _hub_commit(model, serve_args):
        whole = {model: commit}
    else:
        return ""
    return hashlib.sha256(json.dumps([whole, list(serve_args)], sort_keys=True).encode()).hexdigest()


def _hub_commit(model: str, serve_args: Sequence[str]) -> str:
    """The commit that the hub's cache has for the model's main branch; empty if a revision was asked for or none is there."""
    if any(argument.partition("=")[0] in ("--revision", "--download-dir") for argument in serve_args):
        return ""
    home = Path(os.environ.get("HF_HOME") or "~/.cache/huggingface").expanduser()
    cache = Path(os.environ.get("HF_HUB_CACHE") or home / "hub").expanduser()
    commit = cache / f"models--{model.replace('/', '--')}" / "refs" / "main"
    return commit.read_text().strip() if commit.is_file() else ""


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _arguments(name: str, top: int) -> list[str]:
    """What we ask of every server: loopback, prefix caching, enough log-probabilities, cached tokens told."""
    fixed = ["--host", "127.0.0.1", "--served-model-name", name, "--max-logprobs", str(top)]
    return [*fixed, "--enable-prefix-caching", "--enable-prompt-tokens-details"]


def _environment() -> dict[str, str]:
    """Ours, without vLLM's report of its use to its makers."""
    return {**os.environ, "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "PYTHONUNBUFFERED": "1"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class _Log:
    """The end of the server's output, read as it comes so that the server never waits for a reader."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.state, self.cause = "starting", ""
        self._process, self._lines = process, deque[str](maxlen=KEPT)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        with contextlib.suppress(ValueError, OSError):  # closed under us at the end
            for line in self._process.stdout:
                self._lines.append(line.rstrip())
                self.state = next((state for words, state in STATES if words.search(line)), self.state)
                if not self.cause and (found := CAUSE.search(line)):
                    self.cause = found[1].strip()

    def join(self) -> None:
        self._reader.join(5)

    def end(self) -> str:
        """What it told of an error first, and its last lines without blank ones and colours."""
        self.join()
        clean = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in self._lines]
        last = "\n".join([line[:300] for line in clean if line.strip()][-SHOWN:])
        return (f"its first error was: {self.cause[:600]}\n" if self.cause else "") + f"it last said:\n{last}"


def _wait_until_healthy(
    process: "subprocess.Popen[str]", log: _Log, port: int, seconds: float, say: Tell
) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    started, told, told_at = time.monotonic(), "", 0.0
    while True:
        now = time.monotonic()
        if log.state != told or now - told_at > EVERY_S:
            told, told_at = log.state, now
            say(f"vLLM: {told}" + (f", {now - started:.0f} s" if now - started >= 1 else ""))
        with (
            contextlib.suppress(urllib.error.URLError, OSError),
            direct.open(f"http://127.0.0.1:{port}/health", timeout=5),
        ):
            if process.poll() is None:
                return
        if process.poll() is not None:
            raise RuntimeError(
                f"vLLM ended with exit code {process.returncode} before it was ready; {log.end()}"
            )
        if now - started > seconds:
            _end(process)
            raise TimeoutError(f"vLLM was not ready within {seconds:.0f} s (llm.start_timeout); {log.end()}")
        time.sleep(0.2)


def _end(process: "subprocess.Popen[str]") -> None:
    """Have the guardian end the server and all that came of it."""
    assert process.stdin
    with contextlib.suppress(OSError):
        process.stdin.close()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()  # the server is then killed by the kernel
        process.wait()


def _to_standard_error(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
