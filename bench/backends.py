"""Our questions a second as a share of what the backend itself can do on the same prompts.

    python bench/backends.py [--questions 64] [--rounds 7] [--base-url URL --model NAME] [--vllm-python PATH --model FOLDER]

The backend's own rate is that of a bare loop: raw httpx calls to /v1/completions with lists of prompts, no reading
of the answers, at the best of several numbers of prompts a call and calls at a time. Ours is that of `OpenAIModel`
behind a fresh response store, with its settings in conf/llm. Both send the same kind of prompts in the same order;
each round has words of its own at their beginning, so that no round finds the one before in the server's cache, and
the two take turns, so that other work on the machine falls on both; `share` is the median turn's.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from windtunnel.agents.llm.client import OpenAIModel  # noqa: E402
from windtunnel.agents.llm.opening import open_model, serving  # noqa: E402
from windtunnel.agents.llm.request import Answer, Request  # noqa: E402
from windtunnel.agents.llm.settings import LLMSettings, read_settings  # noqa: E402

SHAPES = ((1, 1), (1, 2), (8, 2), (32, 2), (32, 4), (64, 2))
"""Prompts a call and calls at a time that the bare loop tries."""


def questions(number: int, salt: str) -> list[Request]:
    """Distinct questions as archetypes ask them, in the order in which the client sends them."""
    options = "\n".join(f"{letter}) does the thing that is called {letter}" for letter in "ABCDEFGHIJK")
    asked = [
        Request(
            f"This is forum {salt}. Members read a feed of posts, vote, and answer each other.",
            f"What a member can do:\n{options}\nThe situation:\nThe thread has {index // 8} posts, the last one is angry.\n"
            f"You have written {index % 8} posts here.\nWhat does this member do next? Answer with one letter.",
            "ABCDEFGHIJK",
        )
        for index in range(number)
    ]
    return sorted(asked)


def bare_rate(settings: LLMSettings, prompts: Sequence[str], batch: int, calls: int) -> float:
    """Prompts a second of the bare loop."""
    try:
        import httpx2 as httpx
    except ImportError:  # openai before 3
        import httpx  # type: ignore[no-redef]

    body = {"model": settings.model, "max_tokens": 1, "temperature": 0, "logprobs": settings.top}
    with httpx.Client(trust_env=False, timeout=settings.timeout) as client:

        def send(low: int) -> None:
            part = list(prompts[low : low + batch])
            client.post(f"{settings.base_url}/completions", json=body | {"prompt": part}).raise_for_status()

        with ThreadPoolExecutor(calls) as pool:
            began = time.perf_counter()
            list(pool.map(send, range(0, len(prompts), batch)))
            return len(prompts) / (time.perf_counter() - began)


def our_rate(settings: LLMSettings, asked: Sequence[Request]) -> float:
    """Questions a second of our client behind a store of its own; every one must be answered."""
    with tempfile.TemporaryDirectory() as folder:
        model = open_model(settings.model_copy(update={"store": str(Path(folder) / "answers.sqlite")}))
        began = time.perf_counter()
        answers = model.ask(asked)
        seconds = time.perf_counter() - began
        model.close()
    lost = next((answer for answer in answers if not isinstance(answer, Answer)), None)
    if lost is not None:
        raise RuntimeError(f"a question got no answer: {lost.reason}")
    return len(asked) / seconds


def measure(settings: LLMSettings, number: int, rounds: int) -> dict[str, Any]:
    """Find the bare loop's best shape, then let both take turns."""
    model = OpenAIModel(
        base_url=settings.base_url, model=settings.model, endpoint="completions", template=settings.template
    )
    template = model._template
    model.close()
    assert template is not None

    def prompts(salt: str, count: int = number) -> list[str]:
        return [template.render(request) for request in questions(count, salt)]

    bare_rate(settings, prompts("warm", 4), 1, 1)
    found = {
        shape: bare_rate(settings, prompts(f"try-{place}"), *shape)
        for place, shape in enumerate(SHAPES)
        if shape[0] < number
    }
    best = max(found, key=lambda shape: found[shape])
    turns = [
        (
            bare_rate(settings, prompts(f"bare-{turn}"), *best),
            our_rate(settings, questions(number, f"ours-{turn}")),
        )
        for turn in range(rounds)
    ]
    bare, ours = (statistics.median(rates) for rates in zip(*turns, strict=True))
    return {
        "backend_per_s": round(bare, 2),
        "questions_per_s": round(ours, 2),
        "share": round(statistics.median(mine / theirs for theirs, mine in turns), 3),
        "shares": [round(mine / theirs, 3) for theirs, mine in turns],
        "best_batch": best[0],
        "best_calls": best[1],
        "batch": settings.batch,
        "concurrency": settings.concurrency,
        "questions": number,
    }


@contextmanager
def backends(given: argparse.Namespace) -> Iterator[LLMSettings]:
    """The settings of conf/llm for the backend that was asked for, with its server up."""
    import yaml

    kind = "vllm" if given.vllm_python or given.base_url else "embedded"
    config = yaml.safe_load((ROOT / "conf" / "llm" / f"{kind}.yaml").read_text(encoding="utf-8"))
    change = {
        "threads": given.threads,
        "python": given.vllm_python,
        "base_url": given.base_url,
        "serve_args": given.serve_args,
        "batch": given.batch or config["batch"],
        "concurrency": given.concurrency or config["concurrency"],
        "model": given.model or config["model"],
    }
    with serving(read_settings(config | change)) as settings:
        yield settings


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=None, help="of the embedded server")
    parser.add_argument("--base-url", default="", help="of a vLLM server that runs already")
    parser.add_argument("--vllm-python", default=None, help="interpreter with vLLM: start one")
    parser.add_argument("--serve-args", default="", help="more for `vllm serve`")
    parser.add_argument("--model", default="")
    parser.add_argument("--batch", type=int, default=0, help="ours; 0: as conf/llm has it")
    parser.add_argument("--concurrency", type=int, default=0, help="ours; 0: as conf/llm has it")
    given = parser.parse_args()
    with backends(given) as settings:
        print(
            json.dumps(
                {
                    "bench": "backends",
                    "kind": settings.kind,
                    **measure(settings, given.questions, given.rounds),
                }
            )
        )
