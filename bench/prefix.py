"""Which share of the prompt tokens a server has in its cache with `prompt=member`, on a forum of 200.

    python bench/prefix.py [--questions 320] [--size 200] [--base-url URL --model NAME]

The questions are those that one pair of runs of a day asks, in the batches of its steps, as a run whose members are
decided by the fake model has them. Batches are then taken evenly over the day until there are enough questions, and
the embedded model (or a server given) is asked them, and counts what it had. The share is cached tokens over prompt
tokens as the server reports them. `arrival` is the share if questions were sent in the order in which members come,
instead of sorted by their words.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from agents.llm.counts import Counts  # noqa: E402
from agents.llm.fake import FakeModel  # noqa: E402
from agents.llm.request import Answer, Request  # noqa: E402
from agents.llm.settings import LLMSettings, open_model, read_settings, serving  # noqa: E402


class Noting(FakeModel):
    """The fake model, which notes the batches it was asked."""

    def __init__(self) -> None:
        super().__init__(Counts())
        self.batches: list[list[Request]] = []

    def ask(self, requests: Sequence[Request]) -> Any:
        self.batches.append(list(requests))
        return super().ask(requests)


def batches(size: int, steps: int) -> list[list[Request]]:
    """The new questions of one pair, step by step; a question stands in its first batch alone."""
    from agents.minds.llm import LLMMind
    from analysis.configuration import compose, plan
    from sim.experiment import ARMS, Unit
    from sim.run import lock_step, make_world

    words = f"mind=llm llm=fake prompt=member community.size={size} draws=1 seeds=1 steps={steps}"
    experiment = plan(compose(words.split())).experiment
    kind = experiment.kind()
    scene = kind.scene(experiment.raised())
    noting = Noting()
    mind = LLMMind(noting, scene, prompt="member", alpha=kind.alpha(scene).tolist())
    lock_step([make_world(experiment, Unit(0, 0, arm), scene) for arm in ARMS[:2]], mind, steps)
    asked: set[Request] = set()
    found: list[list[Request]] = []
    for batch in noting.batches:
        fresh = [request for request in batch if request not in asked]
        asked |= set(fresh)
        if fresh:
            found.append(fresh)
    return found


def evenly(found: Sequence[list[Request]], number: int) -> list[list[Request]]:
    """Every k-th batch, the least k for which no more than `number` questions come together; all if they are fewer."""
    return next(
        (taken for k in range(1, len(found)) if sum(map(len, taken := list(found[k - 1 :: k]))) <= number),
        list(found[-1:]),
    )


def share(settings: LLMSettings, found: Sequence[Sequence[Request]], *, sort: bool) -> dict[str, Any]:
    """Cached tokens over prompt tokens of these batches, and the questions a second."""
    model = open_model(settings)
    began = time.perf_counter()
    answers = [
        answer
        for batch in found
        for part in ([batch] if sort else [[request] for request in batch])
        for answer in model.ask(part)
    ]
    seconds = time.perf_counter() - began
    counts = model.counts.snapshot()
    model.close()
    return {
        "cached_share": round(counts["tokens_cached"] / max(1, counts["tokens_in"]), 4),
        "tokens_in": counts["tokens_in"],
        "tokens_cached": counts["tokens_cached"],
        "answered": sum(isinstance(answer, Answer) for answer in answers),
        "questions_per_s": round(len(answers) / seconds, 2),
    }


def main(given: argparse.Namespace) -> dict[str, Any]:
    import yaml

    found = evenly(batches(given.size, given.steps), given.questions)
    config = yaml.safe_load((ROOT / "conf" / "llm" / "embedded.yaml").read_text(encoding="utf-8"))
    config |= {"store": "none", "threads": given.threads}
    if given.base_url:
        config |= {"kind": "openai", "base_url": given.base_url, "model": given.model, "concurrency": 1}
    with serving(read_settings(config)) as settings:
        arrival = share(settings, found, sort=False) if given.arrival else None
        measured = share(settings, found, sort=True)
    return {
        "bench": "prefix",
        **measured,
        "questions": sum(map(len, found)),
        "batches": len(found),
        "members": given.size,
        "model": settings.model,
        "arrival": arrival and arrival["cached_share"],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=320)
    parser.add_argument("--size", type=int, default=200)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--base-url", default="")
    parser.add_argument("--model", default="")
    parser.add_argument("--arrival", action="store_true", help="measure the order of arrival too")
    print(json.dumps(main(parser.parse_args())))
