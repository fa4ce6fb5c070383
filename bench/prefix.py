"""Which share of the prompt tokens a server has in its cache with `prompt=member`, on a forum of 200.

    python bench/prefix.py [--questions 320] [--size 200] [--words 120]
        [--base-url URL --model NAME | --vllm-python PATH --model FOLDER --serve-args ARGS]

The questions are those that one pair of runs of a day asks, in the batches of its steps, as a run whose members are
decided by the fake model has them; what members write has `words` characters (0: nobody writes). Steps are then taken
evenly over the day until there are enough questions, and the embedded model (or a server given) is asked them, and
counts what it had; of a text it writes 16 tokens, since how long its answer is does not matter here. The share is
cached tokens over prompt tokens as the server reports them (vLLM in its metrics, since of a list of prompts its replies
tell one's cached tokens), of all questions and of each kind. `arrival` is the share
if questions were sent in the order in which members come, instead of sorted by their words.
"""

import argparse
import json
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from windtunnel.agents.llm.costs.counts import Counts  # noqa: E402
from windtunnel.agents.llm.fake import FakeModel  # noqa: E402
from windtunnel.agents.llm.opening import open_model, serving  # noqa: E402
from windtunnel.agents.llm.request import Answer, Model, Request  # noqa: E402
from windtunnel.agents.llm.settings import LLMSettings, read_settings  # noqa: E402

WRITTEN = 16
"""Tokens that the server writes of a text."""
STOCK = "nobody ever answered what I had asked them about the rules here and it is the same thing every week "


class Noting(FakeModel):
    """The fake model, which notes its batches step by step; what it writes is `length` characters long."""

    def __init__(self, length: int) -> None:
        super().__init__(Counts())
        self.length, self.waiting = length, list[list[Request]]()
        self.steps: list[list[list[Request]]] = []

    def ask(self, requests: Sequence[Request]) -> Any:
        self.waiting.append(list(requests))
        if requests and requests[0].letters:
            self.steps.append(self.waiting)
            self.waiting = []
        return [
            answer._replace(text=_text(answer.text, self.length)) if answer.text else answer
            for answer in super().ask(requests)
        ]


def _text(start: str, length: int) -> str:
    """A text of its own, `length` characters long."""
    turn = int("".join(filter(str.isdigit, start)) or 0) % len(STOCK)
    return (start.split("number ")[-1] + " " + (STOCK[turn:] + STOCK * 9))[:length]


def steps_of(size: int, steps: int, length: int) -> list[list[list[Request]]]:
    """The new questions of one pair, batch by batch in each step; a question stands in its first batch alone."""
    from windtunnel.agents.minds.llm import LLMMind
    from windtunnel.analysis.configuration import compose, plan
    from windtunnel.sim.experiment import ARMS, Unit
    from windtunnel.sim.run import lock_step, make_world

    words = f"mind=llm llm=fake prompt=member community.size={size} draws=1 seeds=1 steps={steps}"
    experiment = plan(compose(words.split())).experiment
    kind = experiment.builder()
    scene = kind.scene(experiment.raised())
    noting = Noting(length)
    mind = LLMMind(
        noting,
        scene,
        prompt="member",
        alpha=kind.alpha(scene).tolist(),
        words=length > 0,
        words_tokens=WRITTEN,
    )
    lock_step([make_world(experiment, Unit(0, 0, arm), (scene,)) for arm in ARMS[:2]], mind, steps)
    asked: set[Request] = set()
    found: list[list[list[Request]]] = []
    for step in noting.steps:
        fresh = [[request for request in batch if request not in asked] for batch in step]
        asked |= {request for batch in step for request in batch}
        if any(fresh):
            found.append([batch for batch in fresh if batch])
    return found


def number_of(found: Sequence[Sequence[Sequence[Request]]]) -> int:
    return sum(len(batch) for step in found for batch in step)


def evenly(found: Sequence[list[list[Request]]], number: int) -> list[list[list[Request]]]:
    """Every k-th step, the least k for which no more than `number` questions come together; all if they are fewer."""
    return next(
        (taken for k in range(1, len(found)) if number_of(taken := list(found[k - 1 :: k])) <= number),
        list(found[-1:]),
    )


def counters(model: Model, settings: LLMSettings) -> tuple[int, int]:
    """Cached tokens and prompt tokens so far."""
    if settings.kind != "vllm":
        counts = model.counts.snapshot()
        return counts["tokens_cached"], counts["tokens_in"]
    address = settings.base_url.removesuffix("/v1") + "/metrics"
    with urllib.request.urlopen(address, timeout=30) as reply:
        lines = reply.read().decode().splitlines()
    hits, queries = (
        sum(
            int(float(line.split()[-1]))
            for line in lines
            if line.startswith(f"vllm:prefix_cache_{name}_total")
        )
        for name in ("hits", "queries")
    )
    return hits, queries


def share(
    settings: LLMSettings, found: Sequence[Sequence[Sequence[Request]]], *, sort: bool
) -> dict[str, Any]:
    """Cached tokens over prompt tokens of these steps, in all and by kind of question, and the questions a second."""
    model = open_model(settings)
    began, answered = time.perf_counter(), 0
    kinds = {"choices": [0, 0], "words": [0, 0]}
    for batch in (batch for step in found for batch in step):
        before = counters(model, settings)
        for part in [batch] if sort else [[request] for request in batch]:
            answered += sum(isinstance(answer, Answer) for answer in model.ask(part))
        after = counters(model, settings)
        counted = kinds["choices" if batch[0].letters else "words"]
        for place in (0, 1):
            counted[place] += after[place] - before[place]
    seconds = time.perf_counter() - began
    model.close()
    cached, tokens = (sum(counted[place] for counted in kinds.values()) for place in (0, 1))
    return {
        "cached_share": round(cached / max(1, tokens), 4),
        **{f"{kind}_share": round(had / told, 4) if told else None for kind, (had, told) in kinds.items()},
        "tokens_in": tokens,
        "tokens_cached": cached,
        "answered": answered,
        "questions_per_s": round(number_of(found) / seconds, 2),
    }


def main(given: argparse.Namespace) -> dict[str, Any]:
    import yaml

    found = evenly(steps_of(given.size, given.steps, given.words), given.questions)
    config = yaml.safe_load((ROOT / "conf" / "llm" / "embedded.yaml").read_text(encoding="utf-8"))
    config |= {"store": "none", "threads": given.threads}
    if given.base_url:
        config |= {"kind": "openai", "base_url": given.base_url, "model": given.model, "concurrency": 1}
    elif given.vllm_python:
        config = yaml.safe_load((ROOT / "conf" / "llm" / "vllm.yaml").read_text(encoding="utf-8"))
        config |= {"store": "none", "python": given.vllm_python, "model": given.model}
        config |= {"serve_args": given.serve_args}
    with serving(read_settings(config)) as settings:
        arrival = share(settings, found, sort=False) if given.arrival else None
        measured = share(settings, found, sort=True)
    return {
        "bench": "prefix",
        **measured,
        "questions": number_of(found),
        "steps": len(found),
        "characters_a_text": given.words,
        "members": given.size,
        "model": settings.model,
        "arrival": arrival and arrival["cached_share"],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=320)
    parser.add_argument("--size", type=int, default=200)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--words", type=int, default=120, help="characters of a text; 0: nobody writes")
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--base-url", default="")
    parser.add_argument("--vllm-python", default="", help="interpreter with vLLM: start one")
    parser.add_argument("--serve-args", default="", help="more for `vllm serve`")
    parser.add_argument("--model", default="")
    parser.add_argument("--arrival", action="store_true", help="measure the order of arrival too")
    print(json.dumps(main(parser.parse_args())))
