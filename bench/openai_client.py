"""How many distinct questions a second go through client and store, against a local server that answers at once.

    python bench/openai_client.py [--questions 5000] [--endpoint completions|chat]

The server is a process of its own on loopback, so that what is measured is our side and one HTTP hop. Every
question is new and every answer goes through a fresh response store.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from windtunnel.agents.llm.opening import open_model  # noqa: E402
from windtunnel.agents.llm.request import Answer, Request  # noqa: E402
from windtunnel.agents.llm.settings import LLMSettings  # noqa: E402


@contextmanager
def instant_server() -> Iterator[str]:
    """The address of the tests' fake server; it ends with the block."""
    command = [sys.executable, str(ROOT / "tests" / "fake_server.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin and server.stdout
        yield server.stdout.readline().strip()
        server.stdin.close()


def questions(number: int) -> list[Request]:
    """Distinct questions of about the length of an archetype's, sharing their beginning."""
    options = "\n".join(f"{letter}) do the thing called {letter}" for letter in "ABCDEFGH")
    return [
        Request(
            "You are a member of an online forum.",
            f"What a member can do:\n{options}\nThe situation:\nSomebody answered post {index}.\n"
            "You have a short temper.\nWhat do you do? Answer with one letter.",
            "ABCDEFGH",
        )
        for index in range(number)
    ]


def measure(number: int, endpoint: str, batch: int, concurrency: int) -> dict[str, object]:
    with instant_server() as address, tempfile.TemporaryDirectory() as folder:
        settings = LLMSettings(
            kind="openai",
            base_url=address,
            model="instant",
            endpoint=endpoint,
            template="chatml",
            batch=batch,
            concurrency=concurrency,
            store=str(Path(folder) / "answers.sqlite"),
        )
        model = open_model(settings)
        model.ask(questions(1))  # connects, and loads what is loaded late
        asked = questions(number + 1)[1:]
        started = time.perf_counter()
        answers = model.ask(asked)
        seconds = time.perf_counter() - started
        model.close()
    return {
        "bench": "openai_client",
        "questions_per_s": round(number / seconds, 1),
        "questions": number,
        "answered": sum(isinstance(answer, Answer) for answer in answers),
        "seconds": round(seconds, 3),
        "endpoint": endpoint,
        "batch": batch,
        "concurrency": concurrency,
        "store": True,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=5000)
    parser.add_argument("--endpoint", choices=["completions", "chat"], default="completions")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--concurrency", type=int, default=4)
    given = parser.parse_args()
    print(json.dumps(measure(given.questions, given.endpoint, given.batch, given.concurrency)))
